"""How Sphinx builds the manual: Markdown in, plain pages out, nothing fetched from anywhere."""

from importlib.metadata import version as installed_version

project = "Afterdisc"
author = "The Afterdisc contributors"
project_copyright = "The Afterdisc contributors, Apache License 2.0"
version = release = installed_version("afterdisc")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Afterdisc {release}"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, sans-serif"},
    "dark_css_variables": {"font-stack": "system-ui, sans-serif"},
}
