# Recipes as CMake targets; the same inside Remedia's own tree and after find_package(Remedia).
#
#   remedia_add_recipes(<target> RECIPES <file>...
#                       [OUTPUT <dir>] [DEFINITIONS <NAME=VALUE>...] [DEPENDS <target>...] [ALL])
#
# Adds <target>, which builds everything that the recipes describe, and <target>.<recipe> for each
# recipe alone (recipes/server.lua: <target>.server). They are part of `all` only with ALL, so that
# a broken recipe stops nothing else.
#
#   OUTPUT       the folder for everything that is built, of one call only; relative to
#                CMAKE_CURRENT_BINARY_DIR, and <target> in there unless given
#   DEFINITIONS  values from outside: site=berlin, as_of=2026-11-20, root.media=/srv/media; the
#                folder of a root is relative to CMAKE_CURRENT_SOURCE_DIR
#   DEPENDS      targets to build first, such as one that fetches a medium
#
# All of a call's recipes are one graph, in OUTPUT/build.ninja. Each run of a target is one of
# `remedia build`, which writes the graph anew only if recipes, definitions or SOURCE_DATE_EPOCH
# have changed, and then lets ninja find what is stale. CMake's `clean` leaves OUTPUT alone: it may
# hold more than what recipes made, even CMake's own tree. `ninja -C OUTPUT -t clean` empties it.
#
# REMEDIA_NINJA is the ninja to use: CMake's own if it uses one, else the first in PATH.
cmake_policy(VERSION 3.25)

if(CMAKE_GENERATOR MATCHES "Ninja")
  set(REMEDIA_NINJA "${CMAKE_MAKE_PROGRAM}" CACHE FILEPATH "ninja that builds recipes")
endif()
find_program(REMEDIA_NINJA NAMES ninja ninja-build DOC "ninja that builds recipes")

function(remedia_add_recipes target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALL" "OUTPUT" "RECIPES;DEFINITIONS;DEPENDS")
  set(call "remedia_add_recipes(${target})")
  if(arg_UNPARSED_ARGUMENTS)
    list(JOIN arg_UNPARSED_ARGUMENTS " " unknown)
    message(FATAL_ERROR "${call} does not know '${unknown}'")
  elseif(arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${call}: nothing follows ${arg_KEYWORDS_MISSING_VALUES}")
  elseif(NOT arg_RECIPES)
    message(FATAL_ERROR "${call} needs RECIPES and at least one file")
  elseif(NOT REMEDIA_NINJA)
    message(FATAL_ERROR "${call}: ninja was not found; install it, or set REMEDIA_NINJA")
  endif()

  if(NOT DEFINED arg_OUTPUT)
    set(arg_OUTPUT "${target}")
  endif()
  cmake_path(ABSOLUTE_PATH arg_OUTPUT BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
  string(REGEX REPLACE "(.)/$" "\\1" arg_OUTPUT "${arg_OUTPUT}")
  get_property(owner GLOBAL PROPERTY "remedia_owner_of_${arg_OUTPUT}")
  if(owner)
    message(FATAL_ERROR "${call}: '${arg_OUTPUT}' is already the OUTPUT of '${owner}'")
  endif()
  set_property(GLOBAL PROPERTY "remedia_owner_of_${arg_OUTPUT}" "${target}")

  set(command "${CMAKE_COMMAND}" -E env "NINJA=${REMEDIA_NINJA}"
              $<TARGET_FILE:Remedia::remedia> build -C "${arg_OUTPUT}")
  foreach(definition IN LISTS arg_DEFINITIONS)
    list(APPEND command -D "${definition}")
  endforeach()
  foreach(recipe IN LISTS arg_RECIPES)
    cmake_path(ABSOLUTE_PATH recipe NORMALIZE)
    if(NOT EXISTS "${recipe}" OR IS_DIRECTORY "${recipe}")
      message(FATAL_ERROR "${call}: there is no recipe '${recipe}'")
    endif()
    list(APPEND command "${recipe}")
    cmake_path(GET recipe STEM LAST_ONLY name)
    list(APPEND names "${name}")
  endforeach()

  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()
  set(options WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" USES_TERMINAL VERBATIM
      COMMENT "Building recipes into ${arg_OUTPUT}")
  add_custom_target("${target}" ${all} COMMAND ${command} ${options})
  add_dependencies("${target}" Remedia::remedia ${arg_DEPENDS})
  foreach(name IN LISTS names)
    add_custom_target("${target}.${name}" COMMAND ${command} -- "${name}" ${options})
    add_dependencies("${target}.${name}" Remedia::remedia ${arg_DEPENDS})
  endforeach()
endfunction()
