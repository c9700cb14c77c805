::a::
print("x")
::a:: --! syntax label 'a' already defined on line 1