local a = param { "site", default = "one" }
local b = param { "site", default = "two" }
