"""How everything looks: stylesheet, fonts, templates, charts."""
