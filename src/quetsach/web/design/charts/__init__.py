"""Every picture of figures, for the portal, the office and evaluations; drawn on the server, as SVG or HTML text.

Those that Altair draws (:mod:`over_time`, :mod:`plots`, :mod:`tile_map`) are made once, at publication; :mod:`parts` is
quick enough for a page.
"""
