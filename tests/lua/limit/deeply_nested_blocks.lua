local n = 0
do do do do do do do do do do do do do do do do do do do do do do do do do do do do do do n = n + 1 end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end
do do do do do do do do do do do do do do do do do do do do do do do do do do do do do do n = n + 1 end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end
if n > 0 - 10 then
  if n > 1 - 10 then
    if n > 2 - 10 then
      if n > 3 - 10 then
        if n > 4 - 10 then
          if n > 5 - 10 then
            if n > 6 - 10 then
              if n > 7 - 10 then
                if n > 8 - 10 then
                  if n > 9 - 10 then
                    if n > 10 - 10 then
                      if n > 11 - 10 then
                        print("innermost", n) --> innermost	2
                      end
                    end
                  end
                end
              end
            end
          end
        end
      end
    end
  end
end
