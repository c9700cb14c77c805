do ::inner:: end
goto inner --! syntax no visible label 'inner' for <goto> at line 2