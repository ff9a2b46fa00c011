-- Shared by several recipes; evaluated once.
local function labelled(name) return { name = name, label = "BRANDED" } end
return { overlays = { "common", { "de" } }, labelled = labelled, level = 50 }
