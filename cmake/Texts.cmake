# Makes stages/texts/* part of the program: a header with one raw string literal for each.
#
#   remedia_embed_texts(<folder> <header>)
function(remedia_embed_texts folder header)
  file(GLOB texts CONFIGURE_DEPENDS "${folder}/*")
  list(SORT texts)
  set(table "")
  foreach(text IN LISTS texts)
    file(READ "${text}" content)
    cmake_path(GET text FILENAME name)
    string(APPEND table "    {\"${name}\", R\"~text~(${content})~text~\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${text}")
  endforeach()
  file(WRITE "${header}.new" "#pragma once\n\n#include <string_view>\n\nnamespace remedia {\n\n"
    "struct TextData {\n  std::string_view name;\n  std::string_view content;\n};\n"
    "inline constexpr TextData kTexts[] = {\n${table}};\n\n}  // namespace remedia\n")
  file(COPY_FILE "${header}.new" "${header}" ONLY_IF_DIFFERENT)
  file(REMOVE "${header}.new")
endfunction()
