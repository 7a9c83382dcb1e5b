"""Courses: sale, use, undo, refund, freeze, extension, transfer."""
