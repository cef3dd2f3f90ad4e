"""Paths and radii drawn as answers: small by construction, in Mermaid, DOT and SVG. Decides nothing."""
