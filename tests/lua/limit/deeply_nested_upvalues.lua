local v = 1
local function f0()
  local function f1()
    local function f2()
      local function f3()
        local function f4()
          local function f5()
            local function f6()
              local function f7()
                local function f8()
                  local function f9()
                    local function f10()
                      local function f11()
                        local function f12()
                          local function f13()
                            local function f14()
                              v = v + 1
                              return v
                            end
                            return f14()
                          end
                          return f13()
                        end
                        return f12()
                      end
                      return f11()
                    end
                    return f10()
                  end
                  return f9()
                end
                return f8()
              end
              return f7()
            end
            return f6()
          end
          return f5()
        end
        return f4()
      end
      return f3()
    end
    return f2()
  end
  return f1()
end
print(f0(), f0(), v) --> 2	3	3
