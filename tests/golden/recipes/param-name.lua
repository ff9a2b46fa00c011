local x = param { "as_of" }
