"""The command line: a face with no logic of its own. The only place that reads the clock, environment and terminal."""
