# Builds the launcher once more, from a copy of the sources in another folder and into another one:
# the same bytes must come out.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
set(copy "${WORK}/a copy of the sources/deeper")
file(MAKE_DIRECTORY ${copy})
foreach(part CMakeLists.txt cmake stages recipes)
  file(COPY ${SOURCE}/${part} DESTINATION ${copy})
endforeach()
set(ENV{CMAKE_CXX_COMPILER_LAUNCHER})  # a cache would give back what the first build made
set(ENV{SOURCE_DATE_EPOCH} 1)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${copy} -B ${WORK}/b -G ${GENERATOR}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/b --target remedia_launcher
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(arch amd64 arm64)
  set(program share/remedia/launcher/${arch}/remedia.exe)
  file(SHA256 ${BUILT}/${program} first)
  file(SHA256 ${WORK}/b/${program} second)
  if(NOT first STREQUAL second)
    message(FATAL_ERROR "${program} differs: ${BUILT} and ${WORK}/b")
  endif()
endforeach()
file(REMOVE_RECURSE ${WORK})
