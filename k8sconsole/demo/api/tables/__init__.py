"""Objects as table rows with the columns and words of a real API server. Wide columns have priority 1.

`pods`, `workloads`, `network`, `storage`, `cluster` and `policy` define the tables of built-in kinds, `custom` those of custom kinds.
`columns` holds the types of a table, `cells` the formatters, `render` builds the Table object. `lists` selects the rows.
"""
