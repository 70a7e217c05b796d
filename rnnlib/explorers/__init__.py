"""The named slider figures of the lessons, a module a lesson. They draw; the numbers come from functions of the notebook."""

from .vanishing import vanishing_product

__all__ = ["vanishing_product"]
