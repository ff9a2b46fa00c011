return include "recipes/lib/brandin"
