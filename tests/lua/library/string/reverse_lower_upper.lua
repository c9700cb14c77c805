print(("abc"):reverse(), (""):reverse() == "", ("Hello"):lower(), ("Hello"):upper(), ("a1!"):upper()) --> cba	true	hello	HELLO	A1!
print(("\u{E9}"):upper() == "\u{E9}") --> true
