"""Objects as the rows a real API server prints: same columns, same words, wide columns marked by priority 1.

`columns` says what a kind's table is, `cells` writes ages and lists, `pods`, `workloads`, `network`, `storage`, `cluster` and `policy`
hold the kinds, `custom` those of CustomResourceDefinitions, `render` the Table object. Which rows there are is `listing`'s business.
"""
