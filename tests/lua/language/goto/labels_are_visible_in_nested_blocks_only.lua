do
  goto out
  print("skipped")
end
::out::
do ::out2:: print("inner") end --> inner
do ::out2:: print("same name in another block") end --> same name in another block
