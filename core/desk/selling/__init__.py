"""The till and what follows from it: held baskets, second persons, payments, orders, receipts, invoices."""
