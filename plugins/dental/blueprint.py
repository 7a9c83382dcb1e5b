"""The blueprint of the dental plugin; the view modules put their pages on it."""

from flask import Blueprint

bp = Blueprint("dental", __name__)
