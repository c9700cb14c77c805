local function walk(text, lax) for _ in utf8.codes(text, lax) do end end
print(pcall(utf8.codes, "\x80")) --> false	bad argument #1 to 'utf8.codes' (invalid UTF-8 code)
print(pcall(walk, "a\x80")) --> false	codes_errors.lua:1: invalid UTF-8 code
print(pcall(walk, "ä\x80")) --> false	codes_errors.lua:1: invalid UTF-8 code
print(pcall(walk, "a\u{200000}")) --> false	codes_errors.lua:1: invalid UTF-8 code
print(pcall(walk, "a\u{200000}", true)) --> true
print(pcall(walk, "\xF4\x90\x80\x80")) --> false	codes_errors.lua:1: invalid UTF-8 code
print(pcall(walk, "a\xE2\x82")) --> false	codes_errors.lua:1: invalid UTF-8 code
local step, text = utf8.codes("abc")
print(step(text, 2), step(text, 3), step(text, -1)) --> 3	nil
print(step(text, "1"), (step(text))) --> 2	1
