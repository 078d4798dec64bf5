{
  "targets": [{
    "target_name": "hepatica",
    "type": "none",
    "actions": [{
      "action_name": "cmake_js",
      "inputs": ["CMakeLists.txt"],
      "outputs": ["<(PRODUCT_DIR)/hepatica.node"],
      "action": ["node", "node_modules/cmake-js/bin/cmake-js", "compile", "--out", "build/cmake", "--target", "hepatica",
                 "--parallel", "2", "--CDCMAKE_LIBRARY_OUTPUT_DIRECTORY=<(PRODUCT_DIR)"],
      "message": "cmake-js compile"
    }]
  }]
}
