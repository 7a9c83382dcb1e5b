"""An order is settled and paid: tenders, later payments, receipt, invoice state, what the till counts."""
