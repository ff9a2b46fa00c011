return include "recipes/include-self"
