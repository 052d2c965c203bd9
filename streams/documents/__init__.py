"""Documents made of a bulletin's figures: Word, workbook, page. They place figures and compute none."""
