# REMEDIA_LAUNCHER=OFF needs none of the launcher's compilers; ON says which package is missing.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
set(none -D REMEDIA_CLANG=OFF -D REMEDIA_LLD_LINK=OFF -D REMEDIA_DLLTOOL=OFF
         -D REMEDIA_WINDRES=OFF -D REMEDIA_MINGW_INCLUDE=OFF -D REMEDIA_MINGW_STD=OFF)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/off -G ${GENERATOR}
                        -D REMEDIA_LAUNCHER=OFF ${none}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/off --target remedia_launcher
                OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE failed)
if(NOT failed)
  message(FATAL_ERROR "there is a launcher although it is off")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/on -G ${GENERATOR} ${none}
                OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE failed)
string(REGEX REPLACE "[ \n]+" " " said "${said}")  # CMake wraps what it prints
set(hint "install the packages clang, lld, llvm and g++-mingw-w64-x86-64-posix, ")
string(APPEND hint "or set REMEDIA_LAUNCHER=OFF")
string(FIND "${said}" "${hint}" at)
if(NOT failed OR at EQUAL -1)
  message(FATAL_ERROR "the missing packages were not named, ${failed}:\n${said}")
endif()
file(REMOVE_RECURSE ${WORK})
