# What `cmake --install` copies: the program, the recipe library that it looks for in
# ../share/remedia/recipes, and the package that find_package(Remedia) finds. The tree can be moved.
include(CMakePackageConfigHelpers)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/Remedia")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/RemediaConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/RemediaConfig.cmake" INSTALL_DESTINATION "${package}")
# A program serves any architecture that the consumer's own targets have.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/RemediaConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(TARGETS remedia EXPORT RemediaTargets RUNTIME DESTINATION bin)
install(EXPORT RemediaTargets NAMESPACE Remedia:: DESTINATION "${package}")
install(FILES "${CMAKE_CURRENT_LIST_DIR}/Remedia.cmake"
              "${PROJECT_BINARY_DIR}/RemediaConfig.cmake"
              "${PROJECT_BINARY_DIR}/RemediaConfigVersion.cmake"
        DESTINATION "${package}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/recipes/remedia" DESTINATION share/remedia/recipes
        OPTIONAL)
install(FILES "${PROJECT_SOURCE_DIR}/recipes/remedia.d.lua" DESTINATION share/remedia/recipes
        OPTIONAL)
