"""Units of the state through time: the dated tree, who succeeded whom, sums on a period's tree, tables of units."""
