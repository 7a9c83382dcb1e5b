"""The shift and the day close: what lies in the drawer, who counted it, and when a day's books are shut."""
