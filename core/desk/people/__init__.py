"""Members: the list, the member page with its timeline, enrolment, consents."""
