local branding = include "recipes/lib/branding"
branding.level = 1
