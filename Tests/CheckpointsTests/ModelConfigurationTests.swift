import Checkpoints
import NeuralFields
import Testing

@Suite("Model configuration")
struct ModelConfigurationTests {
  static let path = "models/a.safetensors"

  static func read(_ text: String) throws(CheckpointError) -> ModelConfiguration {
    try ModelConfiguration(text: text, path: path)
  }

  @Test("a configuration comes back as it was written", arguments: TinyModel.kinds)
  func roundTrip(generator: GeneratorKind, directionOctaves: Int?) throws {
    for training in [nil, TinyModel.training] {
      let configuration = TinyModel.configuration(
        generator, directionOctaves: directionOctaves, training: training)
      let read = try Self.read(configuration.text)
      #expect(read == configuration)
      #expect(read.text == configuration.text)
    }
  }

  @Test(
    "numbers come back to their last bit", arguments: [0.1, 0.333_333_34, 123.456, 1e-3] as [Float])
  func exactNumbers(value: Float) throws {
    var configuration = TinyModel.configuration()
    configuration.near = value
    configuration.field.densityScale = value
    let read = try Self.read(configuration.text)
    #expect(read.near == value)
    #expect(read.field.densityScale == value)
  }

  @Test("the text has these keys, sorted, in snake case")
  func exactText() {
    let configuration = TinyModel.configuration(
      .chunked(chunkLength: 7, embeddingWidth: 2), directionOctaves: 1, training: TinyModel.training
    )
    let expected =
      #"{"bound":{"maximum":[1,0.5,0.7],"minimum":[-1,-0.5,0]},"#
      + #""default_view":{"field_of_view":50,"height":30,"target":[0,0,0.25],"width":40,"#
      + #""world_from_camera":[[1,0,0,0],[0,0,-1,-2],[0,1,0,0.5]]},"#
      + #""field":{"colour_width":3,"density_activation":"shifted-softplus","density_scale":10,"#
      + #""density_shift":1,"direction_octaves":1,"hidden_layer_count":2,"position_octaves":1,"#
      + #""width":4},"format_version":1,"#
      + #""hypernetwork":{"generator":{"chunk_length":7,"embedding_width":2,"kind":"chunked"},"#
      + #""latent_deviation":0.1,"latent_width":3,"trunk_widths":[5]},"near":0.1,"#
      + #""program":"hypermarch 0.1.0","scenes":["red car","κόκκινο"],"#
      + #""training":{"budget_minutes":0.1,"dataset":"cars","#
      + #""options":{"learningRate":"0.01","rays_per_step":"512"},"samples":12345,"#
      + #""seed":18446744073709551615,"skipped_steps":1,"steps":300,"training_psnr":27.125}}"#
    #expect(configuration.text == expected)
  }

  @Test("what is not known is passed over")
  func unknownKeys() throws {
    let configuration = TinyModel.configuration()
    let text = configuration.text.replacing(
      #""near":"#, with: #""author":{"name":"someone"},"near":"#)
    #expect(try Self.read(text) == configuration)
  }

  private static let malformedTexts: [(String, String, String, String, String)] = [
    // Part, replacement, key, found, expected.
    ("{\"bound", "[]", "", "\"\"\" in line 1, column 3", "the end of the text"),
    (#""format_version":1,"#, "", "format_version", "no such key", "a value"),
    (
      #""format_version":1,"#, #""format_version":"1","#, "format_version", "another type",
      "a whole number"
    ),
    (#""near":0.1,"#, "", "near", "no such key", "a value"),
    (#""near":0.1,"#, #""near":"0.1","#, "near", "another type", "a number"),
    (#""near":0.1,"#, #""near":null,"#, "near", "nothing", "a number"),
    (
      #""near":0.1,"#, #""near":1e99,"#, "", "a number that does not fit its key",
      "whole numbers where things are counted, and no number beyond single precision"
    ),
    (
      #""width":4}"#, #""width":4.5}"#, "", "a number that does not fit its key",
      "whole numbers where things are counted, and no number beyond single precision"
    ),
    (#""width":4}"#, #""width":[4]}"#, "field.width", "another type", "a whole number"),
    (#""position_octaves":1,"#, "", "field.position_octaves", "no such key", "a value"),
    (
      #""shifted-softplus""#, #""sigmoid""#, "field.density_activation",
      "a value that the format does not know", "one that it knows"
    ),
    (
      #""kind":"per-layer""#, #""kind":"magic""#, "hypernetwork.generator.kind", "magic",
      "per-layer, low-rank or chunked"
    ),
    (
      #""kind":"per-layer""#, #""kind":"low-rank""#, "hypernetwork.generator.rank", "no such key",
      "a value"
    ),
    (
      #""kind":"per-layer""#, #""kind":"chunked","chunk_length":8"#,
      "hypernetwork.generator.embedding_width", "no such key", "a value"
    ),
    (
      #""trunk_widths":[5]"#, #""trunk_widths":[5,"6"]"#, "hypernetwork.trunk_widths[1]",
      "another type", "a whole number"
    ),
    (
      #""trunk_widths":[5]"#, #""trunk_widths":5"#, "hypernetwork.trunk_widths", "another type",
      "an array"
    ),
    (#""field":{"#, #""field":7,"other":{"#, "field", "another type", "an object"),
    (#""scenes":["red car","#, #""scenes":[7,"#, "scenes[0]", "another type", "text"),
    (
      #""maximum":[1,0.5,0.7]"#, #""maximum":[-1,0.5,0.7]"#, "bound",
      "a maximum that is not above the minimum", "a box"
    ),
    (
      #""maximum":[1,0.5,0.7]"#, #""maximum":[-3,0.5,0.7]"#, "bound",
      "a maximum that is not above the minimum", "a box"
    ),
    (
      #""world_from_camera":[[1,0,0,0]"#, #""world_from_camera":[[1,0,0,true]"#,
      "default_view.world_from_camera[0][3]", "another type", "a number"
    ),
  ]

  @Test(
    "a text that is no configuration is refused with the key",
    arguments: malformedTexts)
  func malformed(
    part: String, replacement: String, key: String, found: String, expected: String
  ) throws {
    let text = TinyModel.configuration().text
    try #require(text.contains(part))
    #expect(
      throws: CheckpointError.configuration(
        path: Self.path, key: key, found: found, expected: expected)
    ) { try Self.read(text.replacing(part, with: replacement)) }
  }
}

@Suite("Model configuration: ranges")
struct ModelConfigurationRangeTests {
  /// A number of the configuration, the smallest and largest that it may be, and their neighbours.
  struct Range: Sendable, CustomTestStringConvertible {
    let key: String
    let allowed: [Double]
    let refused: [Double]
    /// As the error names it.
    let expected: String
    let set: @Sendable (inout ModelConfiguration, Double) -> Void

    var testDescription: String { key }

    init(
      _ key: String, _ allowed: [Double], refused: [Double], expected: String,
      _ set: @escaping @Sendable (inout ModelConfiguration, Double) -> Void
    ) {
      self.key = key
      self.allowed = allowed
      self.refused = refused
      self.expected = expected
      self.set = set
    }

    /// A range of whole numbers.
    init(
      _ key: String, _ range: ClosedRange<Int>,
      _ set: @escaping @Sendable (inout ModelConfiguration, Int) -> Void
    ) {
      self.init(
        key, [Double(range.lowerBound), Double(range.upperBound)],
        refused: [Double(range.lowerBound - 1), Double(range.upperBound + 1)],
        expected: "\(range.lowerBound)…\(range.upperBound)"
      ) { set(&$0, Int($1)) }
    }
  }

  @Test(
    "the ends of a range are allowed, what lies beyond is not",
    arguments: [
      Range("field.position_octaves", 0...16) { $0.field.positionOctaves = $1 },
      Range("field.hidden_layer_count", 1...16) { $0.field.hiddenLayerCount = $1 },
      Range("field.width", 1...256) { $0.field.width = $1 },
      Range("field.direction_octaves", 0...8) { $0.field.directionOctaves = $1 },
      Range("field.colour_width", 1...256) { $0.field.colourWidth = $1 },
      Range(
        "field.density_shift", [-100, 100], refused: [-101, .infinity], expected: "-100.0…100.0"
      ) { $0.field.densityShift = Float($1) },
      Range(
        "field.density_scale", [0.001, 1e6], refused: [0, 1.1e6, .nan],
        expected: "0.001…1000000.0"
      ) { $0.field.densityScale = Float($1) },
      Range("hypernetwork.latent_width", 1...4096) { $0.hypernetwork.latentWidth = $1 },
      Range("hypernetwork.trunk_widths", 1...4096) { $0.hypernetwork.trunkWidths = [8, $1] },
      Range("hypernetwork.trunk_widths.count", [0, 8], refused: [9], expected: "0…8") {
        $0.hypernetwork.trunkWidths = [Int](repeating: 4, count: Int($1))
      },
      Range(
        "hypernetwork.latent_deviation", [1e-4, 100], refused: [0, -1, 101],
        expected: "0.0001…100.0"
      ) { $0.hypernetwork.latentDeviation = Float($1) },
      Range("hypernetwork.generator.rank", 1...256) {
        $0.hypernetwork.generator = .lowRank(rank: $1)
      },
      Range("hypernetwork.generator.chunk_length", 1...65_536) {
        $0.hypernetwork.generator = .chunked(chunkLength: $1, embeddingWidth: 2)
      },
      Range("hypernetwork.generator.embedding_width", 1...4096) {
        $0.hypernetwork.generator = .chunked(chunkLength: 7, embeddingWidth: $1)
      },
      Range("near", [0, 1e6], refused: [-1, 1.1e6], expected: "0.0…1000000.0") {
        $0.near = Float($1)
      },
      Range(
        "bound.minimum", [-1e6], refused: [-1.1e6], expected: "-1000000.0…1000000.0"
      ) { $0.bound.minimum.y = Float($1) },
      Range("bound.maximum", [1e6], refused: [1.1e6], expected: "-1000000.0…1000000.0") {
        $0.bound.maximum.z = Float($1)
      },
      Range("default_view.width", 1...16_384) { $0.defaultView.width = $1 },
      Range("default_view.height", 1...16_384) { $0.defaultView.height = $1 },
      Range(
        "default_view.field_of_view", [0.01, 179.9], refused: [0, 180], expected: "0.01…179.9"
      ) { $0.defaultView.fieldOfView = Float($1) },
      Range(
        "default_view.target", [-1e6, 1e6], refused: [-1.1e6, .nan],
        expected: "-1000000.0…1000000.0"
      ) { $0.defaultView.target.x = Float($1) },
      Range(
        "default_view.world_from_camera", [-1e6, 1e6], refused: [1.1e6],
        expected: "-1000000.0…1000000.0"
      ) { $0.defaultView.worldFromCamera[1][3] = Float($1) },
    ])
  func ranges(range: Range) throws {
    let path = ModelConfigurationTests.path
    for value in range.allowed {
      var configuration = TinyModel.configuration()
      range.set(&configuration, value)
      #expect(throws: Never.self) { try configuration.check(path: path) }
    }
    for value in range.refused {
      var configuration = TinyModel.configuration()
      range.set(&configuration, value)
      let error = #expect(throws: CheckpointError.self) { try configuration.check(path: path) }
      guard case .configuration(path, range.key, _, range.expected) = error else {
        Issue.record("found \(String(describing: error)) for \(value), expected \(range.expected)")
        continue
      }
    }
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let key: String
    let found: String
    let expected: String
    let change: @Sendable (inout ModelConfiguration) -> Void
  }

  private static let fileName =
    "names that a file could have: at most 255 bytes, no slash, on one line"
  private static let oneLine = "at most 1000 bytes on one line"

  @Test(
    "what no number's range can tell is refused too",
    arguments: [
      Fault(
        testDescription: "no scenes", key: "scenes.count", found: "0", expected: "1…1000000"
      ) { $0.scenes = [] },
      Fault(
        testDescription: "a scene twice", key: "scenes", found: "a name twice",
        expected: "distinct names"
      ) { $0.scenes = ["a", "b", "a"] },
      Fault(
        testDescription: "a name that leads elsewhere", key: "scenes",
        found: "the name ../../elsewhere", expected: fileName
      ) { $0.scenes = ["a", "../../elsewhere"] },
      Fault(
        testDescription: "a name of dots", key: "scenes", found: "the name ..", expected: fileName
      ) { $0.scenes = [".."] },
      Fault(
        testDescription: "a nameless scene", key: "scenes", found: "the name ", expected: fileName
      ) { $0.scenes = [""] },
      Fault(
        testDescription: "a name with a terminal's command", key: "scenes",
        found: "the name a\u{1B}[2J", expected: fileName
      ) { $0.scenes = ["a\u{1B}[2J"] },
      Fault(
        testDescription: "an overlong name", key: "scenes",
        found: "the name " + String(repeating: "x", count: 80), expected: fileName
      ) { $0.scenes = [String(repeating: "x", count: 256)] },
      Fault(
        testDescription: "a program of two lines", key: "program",
        found: "an overlong text or a control character", expected: oneLine
      ) { $0.program = "a\nb" },
      Fault(
        testDescription: "an overlong data set", key: "training.dataset",
        found: "an overlong text or a control character", expected: oneLine
      ) { $0.training?.dataset = String(repeating: "x", count: 1001) },
      Fault(
        testDescription: "an option with a control character", key: "training.options",
        found: "an overlong text or a control character", expected: oneLine
      ) { $0.training?.options = ["a": "\0"] },
      Fault(
        testDescription: "a box too small for positions", key: "bound",
        found: "a box of at most 0.0005", expected: "an extent of 0.001"
      ) { $0.bound = BoundingBox(minimum: .zero, maximum: SIMD3(repeating: 0.0005)) },
      Fault(
        testDescription: "a pose of two rows", key: "default_view.world_from_camera",
        found: "another shape", expected: "3 rows of 4 numbers"
      ) { $0.defaultView.worldFromCamera.removeLast() },
      Fault(
        testDescription: "a pose with a short row", key: "default_view.world_from_camera",
        found: "another shape", expected: "3 rows of 4 numbers"
      ) { $0.defaultView.worldFromCamera[2].removeLast() },
      Fault(
        testDescription: "a pose without directions", key: "default_view.world_from_camera",
        found: "axes that are no rotation", expected: "right, up and backward"
      ) { $0.defaultView.worldFromCamera = [[Float]](repeating: [0, 0, 0, 1], count: 3) },
      Fault(
        testDescription: "a pose that scales", key: "default_view.world_from_camera",
        found: "axes that are no rotation", expected: "right, up and backward"
      ) { $0.defaultView.worldFromCamera = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 1]] },
      Fault(
        testDescription: "a pose that mirrors", key: "default_view.world_from_camera",
        found: "axes that are no rotation", expected: "right, up and backward"
      ) { $0.defaultView.worldFromCamera = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 1]] },
      Fault(
        testDescription: "chunks whose features would fill the memory",
        key: "hypernetwork.generator.chunk_length",
        found: "1: 92420 chunks of 4096 features", expected: "at most 67108864 features in all"
      ) {
        $0.field.width = 256
        $0.field.positionOctaves = 16
        $0.field.hiddenLayerCount = 2
        $0.hypernetwork.trunkWidths = [4096]
        $0.hypernetwork.generator = .chunked(chunkLength: 1, embeddingWidth: 1)
      },
    ])
  func faults(fault: Fault) {
    var configuration = TinyModel.configuration(training: TinyModel.training)
    fault.change(&configuration)
    #expect(
      throws: CheckpointError.configuration(
        path: ModelConfigurationTests.path, key: fault.key, found: fault.found,
        expected: fault.expected)
    ) { try configuration.check(path: ModelConfigurationTests.path) }
  }
}
