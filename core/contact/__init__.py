"""What is said to members: message templates with named fields."""
