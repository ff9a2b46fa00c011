-- The error is in the included file; the way to it is told.
local helper = include "recipes/lib/broken"
local image = helper("x")
return image
