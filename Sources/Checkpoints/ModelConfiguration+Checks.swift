import Files
import NeuralFields

/// What a configuration must satisfy to be written, or to be believed.
extension ModelConfiguration {
  /// A value that a configuration must not have.
  struct Fault: Error, Equatable {
    /// A path of keys, as in the file.
    let key: String
    let found: String
    let expected: String
  }

  /// Refuses what no reader accepts, so that it is found before hours of training rather than after.
  ///
  /// - Parameter path: the model's file, for the error.
  /// - Throws: `CheckpointError.configuration` for the first fault.
  package func check(path: String) throws(CheckpointError) {
    if let fault = firstFault { throw CheckpointError(fault, path: path) }
  }

  /// The first fault; nil where there is none.
  ///
  /// The ranges bound every product of sizes before anything is allocated for it.
  var firstFault: Fault? {
    var checks = RangeChecks()
    checkNumbers(&checks)
    checkWidths(&checks)
    checkPlace(&checks)
    checkDefaultView(&checks)
    checkTexts(&checks)
    checkMotion(&checks)
    if checks.first == nil { checkChunks(&checks) }
    return checks.first
  }

  private func checkNumbers(_ checks: inout RangeChecks) {
    checks.expect("format_version", formatVersion, in: Self.formatVersion...Self.formatVersion)
    checks.expect("field.position_octaves", field.positionOctaves, in: 0...16)
    checks.expect("field.hidden_layer_count", field.hiddenLayerCount, in: 1...16)
    checks.expect("field.width", field.width, in: 1...256)
    if let octaves = field.directionOctaves {
      checks.expect("field.direction_octaves", octaves, in: 0...8)
    }
    checks.expect("field.colour_width", field.colourWidth, in: 1...256)
    checks.expect("field.density_shift", field.densityShift, in: -100...100)
    checks.expect("field.density_scale", field.densityScale, in: 1e-3...1e6)
    checks.expect("hypernetwork.latent_width", hypernetwork.latentWidth, in: 1...4096)
    checks.expect("hypernetwork.trunk_widths.count", hypernetwork.trunkWidths.count, in: 0...8)
    for width in hypernetwork.trunkWidths {
      checks.expect("hypernetwork.trunk_widths", width, in: 1...4096)
    }
    checks.expect("hypernetwork.latent_deviation", hypernetwork.latentDeviation, in: 1e-4...100)
    switch hypernetwork.generator {
    case .perLayer: break
    case .lowRank(let rank): checks.expect("hypernetwork.generator.rank", rank, in: 1...256)
    case .chunked(let chunkLength, let embeddingWidth):
      checks.expect("hypernetwork.generator.chunk_length", chunkLength, in: 1...65_536)
      checks.expect("hypernetwork.generator.embedding_width", embeddingWidth, in: 1...4096)
    }
  }

  private func checkWidths(_ checks: inout RangeChecks) {
    guard let nestedWidths else { return }
    checks.expect("nested_widths.count", nestedWidths.count, in: 1...8)
    var least = 1
    for (index, width) in nestedWidths.enumerated() {
      if !(least..<max(least, field.width)).contains(width) {
        checks.add(
          "nested_widths[\(index)]", found: "\(width)",
          expected: "widths that ascend and are below the field's \(field.width)")
      }
      least = max(1, min(width, 256)) + 1
    }
  }

  private func checkPlace(_ checks: inout RangeChecks) {
    for axis in 0..<3 {
      checks.expect("bound.minimum", bound.minimum[axis], in: -1e6...1e6)
      checks.expect("bound.maximum", bound.maximum[axis], in: -1e6...1e6)
    }
    // A smaller box would be finer than the rounding of positions along a ray from far away.
    if bound.extent.max() < 1e-3 {
      checks.add(
        "bound", found: "a box of at most \(bound.extent.max())", expected: "an extent of 0.001")
    }
    checks.expect("near", near, in: 0...1e6)
  }

  private func checkDefaultView(_ checks: inout RangeChecks) {
    checks.expect("default_view.width", defaultView.width, in: 1...16_384)
    checks.expect("default_view.height", defaultView.height, in: 1...16_384)
    checks.expect("default_view.field_of_view", defaultView.fieldOfView, in: 0.01...179.9)
    for axis in 0..<3 {
      checks.expect("default_view.target", defaultView.target[axis], in: -1e6...1e6)
    }
    let key = "default_view.world_from_camera"
    let rows = defaultView.worldFromCamera
    guard rows.count == 3, rows.allSatisfy({ $0.count == 4 }) else {
      checks.add(key, found: "another shape", expected: "3 rows of 4 numbers")
      return
    }
    for value in rows.joined() { checks.expect(key, value, in: -1e6...1e6) }
    let axes = (0..<3).map { SIMD3(rows[0][$0], rows[1][$0], rows[2][$0]) }
    let (right, up, backward) = (axes[0], axes[1], axes[2])
    // A direction of another length than one would put samples elsewhere than where they count.
    let isRotation =
      abs(right.length - 1) <= 1e-3 && abs(up.length - 1) <= 1e-3
      && (right.cross(up) - backward).length <= 1e-3
    if !isRotation {
      checks.add(key, found: "axes that are no rotation", expected: "right, up and backward")
    }
  }

  private func checkTexts(_ checks: inout RangeChecks) {
    func expectPlain(_ key: String, _ text: String) {
      guard text.utf8.count <= 1000, text == text.onOneLine else {
        checks.add(
          key, found: "an overlong text or a control character",
          expected: "at most 1000 bytes on one line")
        return
      }
    }
    checks.expect("scenes.count", scenes.count, in: 1...1_000_000)
    for name in scenes where !Self.isFileName(name) {
      checks.add(
        "scenes", found: "the name \(name.prefix(80))",
        expected: "names that a file could have: at most 255 bytes, no slash, on one line")
    }
    if Set(scenes).count != scenes.count {
      checks.add("scenes", found: "a name twice", expected: "distinct names")
    }
    expectPlain("program", program)
    for change in changes ?? [] {
      for text in change.scenes + [change.source ?? "", change.previousModel ?? ""] {
        expectPlain("changes", text)
      }
      for (option, value) in change.options ?? [:] {
        expectPlain("changes.options", option)
        expectPlain("changes.options", value)
      }
      for entry in change.forgetting ?? [] { expectPlain("changes.forgetting", entry.scene) }
    }
    guard let training else { return }
    expectPlain("training.dataset", training.dataset)
    for (option, value) in training.options {
      expectPlain("training.options", option)
      expectPlain("training.options", value)
    }
  }

  /// The most rows of a trajectory, so that a moment is a mix that a picture can carry.
  private static let trajectoryRowLimit = 64

  private func checkMotion(_ checks: inout RangeChecks) {
    guard let motion else { return }
    var known = Set(scenes)
    var end = 0
    for (index, trajectory) in motion.enumerated() {
      let key = "motion[\(index)]"
      if !Self.isFileName(trajectory.scene) || !known.insert(trajectory.scene).inserted {
        checks.add(
          "\(key).scene", found: "the name \(trajectory.scene.prefix(80))",
          expected: "a name of its own that a file could have")
      }
      checks.expect("\(key).row_count", trajectory.rowCount, in: 2...Self.trajectoryRowLimit)
      checks.expect("\(key).first_row", trajectory.firstRow, in: end...1_000_000)
      checks.expect("\(key).seconds", trajectory.seconds, in: 0.01...10_000)
      guard checks.first == nil else { return }
      end = trajectory.rows.upperBound
      if end > scenes.count {
        checks.add(
          "\(key).row_count", found: "rows up to \(end)", expected: "at most \(scenes.count)")
        // From here there are no rows for the next one to begin at.
        return
      }
    }
  }

  /// Whether a scene's name can be that of a picture: it must not lead to another folder.
  private static func isFileName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && !name.utf8.contains(UInt8(ascii: "/"))
      && name != "." && name != ".." && name == name.onOneLine
  }

  /// Floats that a chunked generator may need beside its parameters: a row of features per chunk.
  private static let chunkFeatureLimit = 1 << 26

  private func checkChunks(_ checks: inout RangeChecks) {
    guard case .chunked(let length, _) = hypernetwork.generator else { return }
    let chunkCount = field.layout.entries.reduce(0) { $0 + ($1.count + length - 1) / length }
    if chunkCount * hypernetwork.featureWidth > Self.chunkFeatureLimit {
      checks.add(
        "hypernetwork.generator.chunk_length",
        found: "\(length): \(chunkCount) chunks of \(hypernetwork.featureWidth) features",
        expected: "at most \(Self.chunkFeatureLimit) features in all")
    }
  }

  /// Keeps the first of many faults.
  private struct RangeChecks {
    private(set) var first: Fault?

    mutating func expect<Value: Comparable>(
      _ key: String, _ value: Value, in range: ClosedRange<Value>
    ) {
      guard !range.contains(value) else { return }
      add(key, found: "\(value)", expected: "\(range.lowerBound)…\(range.upperBound)")
    }

    mutating func add(_ key: String, found: String, expected: String) {
      if first == nil { first = Fault(key: key, found: found, expected: expected) }
    }
  }
}
