return include "recipes/lib/cycle-b"
