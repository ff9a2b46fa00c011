# Builds the consumer's images, and again after each change that its targets must see.
cmake_minimum_required(VERSION 3.25)
set(iso ${WORK}/recovery/rescue/rescue/rescue.iso)
set(ENV{SOURCE_DATE_EPOCH} 1704067200)
file(REMOVE_RECURSE ${WORK})

function(configure site)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/project -B ${WORK}
                          -G ${GENERATOR} -D CMAKE_PREFIX_PATH=${PREFIX} -D SITE=${site}
                          -D MEDIUM_PROGRAM=${MEDIUM_PROGRAM}
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Builds `target`; `expected` must be among what is said.
function(build target expected)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target ${target}
                  OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
  string(FIND "${said}" "${expected}" at)
  if(failed OR at EQUAL -1)
    message(FATAL_ERROR "${target}: '${expected}' was expected, ${failed}:\n${said}")
  endif()
endfunction()

function(expect_changed changed)
  file(SHA256 ${iso} now)
  set(before ${digest})
  set(digest ${now} PARENT_SCOPE)
  if(changed AND now STREQUAL before OR NOT changed AND NOT now STREQUAL before)
    message(FATAL_ERROR "the ISO was ${before} and is ${now}")
  endif()
endfunction()

configure(berlin)
build(all "")
if(EXISTS ${iso})
  message(FATAL_ERROR "recipes are built without having been asked for")
endif()
build(recovery "ISO rescue/rescue")
expect_changed(TRUE)
build(recovery "no work to do")
build(recovery.rescue "no work to do")

set(ENV{SOURCE_DATE_EPOCH} 1735689600)
build(recovery.rescue "ISO rescue/rescue")
expect_changed(TRUE)

configure(paris)
build(recovery "ISO rescue/rescue")
expect_changed(TRUE)

execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target clean COMMAND_ERROR_IS_FATAL ANY)
expect_changed(FALSE)
