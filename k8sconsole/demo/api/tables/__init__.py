"""Objects as table rows with the columns and words of a real API server. Wide columns have priority 1.

`columns` defines a kind's table, `cells` formats ages and lists, `pods`, `workloads`, `network`, `storage`, `cluster` and `policy`
define the tables of built-in kinds, `custom` those of custom kinds, `render` builds the Table object. `listing` selects the rows.
"""
