# Configures the case CASE of wrong/, which must fail and say what is expected of it.
cmake_minimum_required(VERSION 3.25)
set(two-owners "'${WORK}/images' is already the OUTPUT of 'first'")
set(no-recipes "remedia_add_recipes(images) needs RECIPES and at least one file")
set(nothing-follows "remedia_add_recipes(images): nothing follows OUTPUT")
set(unknown-argument "remedia_add_recipes(images) does not know 'RECIPE a.lua'")
set(absent-recipe "there is no recipe '${CMAKE_CURRENT_LIST_DIR}/wrong/recipes/absent.lua'")
set(no-target "remedia_add_recipes Function invoked with incorrect arguments")
set(too-new "compatible with requested version \"0.999\"")

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/wrong -B ${WORK}
                        -G ${GENERATOR}
                        -D CMAKE_PREFIX_PATH=${PREFIX} -D CASE=${CASE}
                OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE failed)
string(REGEX REPLACE "[ \n]+" " " said "${said}")  # CMake wraps what it prints
string(FIND "${said}" "${${CASE}}" at)
if(NOT failed OR at EQUAL -1)
  message(FATAL_ERROR "'${${CASE}}' was expected, ${failed}:\n${said}")
endif()
