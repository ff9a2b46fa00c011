local function check(level) error("level " .. level .. " has no tools") end
check(3)
