return include "recipes/lib/cycle-a"
