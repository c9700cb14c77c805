-- coarse 10000
local function numbered(name, count)
    local names = {}
    for i = 1, count do names[i] = name .. i end
    return table.concat(names, ", ")
end
local upvalues = "local function f()\nlocal " .. numbered("a", 150) .. "\nlocal function g()\nlocal " .. numbered("b", 150)
    .. "\nreturn function()\nreturn {" .. numbered("a", 150) .. ", " .. numbered("b", 150) .. "} end end end"
local sources = {
    "local " .. numbered("a", 201), "\nlocal " .. numbered("a", 201) .. " = 1", "\nlocal function f()\nlocal " .. numbered("a", 250) .. "\nend",
    "local function f(" .. numbered("a", 201) .. ") end", "local " .. numbered("a", 200) .. "\nlocal function f() end",
    "for " .. numbered("a", 198) .. " in x do end", ("for i = 1, 2 do "):rep(60), upvalues,
}
for _, source in ipairs(sources) do
    print(select(2, load(source, "=s")))
    --> s:1: too many local variables (limit is 200) in main function near <eof>
    --> s:2: too many local variables (limit is 200) in main function near '='
    --> s:3: too many local variables (limit is 200) in function at line 2 near ','
    --> s:1: too many local variables (limit is 200) in function at line 1 near ')'
    --> s:2: too many local variables (limit is 200) in main function near '('
    --> s:1: too many local variables (limit is 200) in main function near ','
    --> s:1: too many local variables (limit is 200) in main function near '='
    --> s:6: too many upvalues (limit is 255) in function at line 5 near ','
end
print(load("local " .. numbered("a", 200)) ~= nil, load("local function f(" .. numbered("a", 200) .. ") end") ~= nil) --> true	true
