"""Anthropic's wire protocol: a module for each resource of the API, and shared ones.

content   shared: parses the blocks of messages into a prompt
sources   shared: images and documents from base64, URLs and files
cache     the prompt cache
messages  Messages and token counting
files     models and files
batches   message batches
"""

from mmlab.api.server.anthropic import batches, files, messages

ROUTES = (*messages.ROUTES, *files.ROUTES, *batches.ROUTES)
