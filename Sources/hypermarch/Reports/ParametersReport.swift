import Foundation

/// What the report on parameter efficiency holds: its settings, points and curves.
struct ParametersReport: Encodable {
  var schema = 1
  var report = "parameters"
  let program: String
  let command: String
  let settings: Settings
  let curves: [Curve]
  let points: [Point]

  /// What decides every point.
  struct Settings: Encodable {
    var schema = 1
    let program: String
    /// The data set as it was named, and its scenes.
    let dataset: String
    let scenes: [String]
    /// The scenes that every point is measured on.
    let measuredScenes: [String]
    let sceneCounts: [Int]
    let generators: [String]
    /// The budget: so many steps for each scene of a model, of so many samples each.
    let stepsPerScene: Int
    let samplesPerStep: Int
    let seed: UInt64
    /// What trainings compute their fields with.
    let precision: String
    let quality: String
  }

  /// One trained model, or one separate field.
  struct Point: Codable {
    /// Trains the same model.
    let command: String
    /// Nil for a separate field.
    let generator: String?
    let sceneCount: Int
    let scenes: [String]
    let steps: Int
    let samples: Int
    let seconds: Double
    /// Numbers that make the scenes, codes not counted; those of the field for a separate one.
    let parameterCount: Int
    /// Nil for a separate field.
    let latentWidth: Int?
    let storages: [Storage]
  }

  /// One way to store a model, and what its scenes look like then.
  struct Storage: Codable {
    /// `float32` or `float16`.
    let weights: String
    /// Of an entry of a code: 32 or 16 as the weights have, or fewer; nil for a separate field.
    let codeBits: Int?
    /// Of the values of the whole model, headers not counted.
    let bytes: Int
    let bytesPerScene: Double
    /// What one more scene of the same model adds.
    let bytesOfAFurtherScene: Int
    /// Of the measured scenes that the model has.
    let measured: [String: FitEvaluation.Scores]
  }

  /// A kind of model in one way to store it, over numbers of scenes.
  struct Curve: Encodable {
    let generator: String?
    let weights: String
    let codeBits: Int?
    let points: [Place]
  }

  /// A curve at one number of scenes.
  struct Place: Encodable {
    let sceneCount: Int
    let bytesPerScene: Double
    let bytesOfAFurtherScene: Int
    /// Over the measured scenes, dB.
    let psnr: ReportSpread
    let ssim: ReportSpread
    /// Of training, for each scene.
    let secondsPerScene: Double
    let stepsPerScene: Int
  }

  init(program: String, command: String, settings: Settings, points: [Point]) {
    self.program = program
    self.command = command
    self.settings = settings
    self.points = points
    curves = Self.curves(of: points, generators: settings.generators)
  }

  private struct Kind: Hashable {
    let generator: String?
    let weights: String
    let codeBits: Int?
  }

  /// Separate fields first, then generator by generator.
  private static func curves(of points: [Point], generators: [String]) -> [Curve] {
    var order: [Kind] = []
    var places: [Kind: [(point: Point, storage: Storage)]] = [:]
    for point in points {
      for storage in point.storages {
        let kind = Kind(
          generator: point.generator, weights: storage.weights, codeBits: storage.codeBits)
        if places[kind] == nil { order.append(kind) }
        places[kind, default: []].append((point, storage))
      }
    }
    let sorted = ([nil] + generators.map(Optional.some)).flatMap { generator in
      order.filter { $0.generator == generator }
    }
    return sorted.map { kind in
      let own = places[kind] ?? []
      var counts: [Int] = []
      for (point, _) in own where !counts.contains(point.sceneCount) {
        counts.append(point.sceneCount)
      }
      return Curve(
        generator: kind.generator, weights: kind.weights, codeBits: kind.codeBits,
        points: counts.sorted().map { count in
          place(of: own.filter { $0.point.sceneCount == count }, sceneCount: count)
        })
    }
  }

  private static func place(
    of models: [(point: Point, storage: Storage)], sceneCount: Int
  ) -> Place {
    let scores = models.flatMap { model in
      model.storage.measured.sorted { $0.key < $1.key }.map(\.value)
    }
    let scenes = Double(models.count * sceneCount)
    return Place(
      sceneCount: sceneCount, bytesPerScene: models[0].storage.bytesPerScene,
      bytesOfAFurtherScene: models[0].storage.bytesOfAFurtherScene,
      psnr: ReportSpread(scores.map(\.psnr)), ssim: ReportSpread(scores.map(\.ssim)),
      secondsPerScene: models.reduce(0) { $0 + $1.point.seconds } / scenes,
      stepsPerScene: models[0].point.steps / sceneCount)
  }

  var text: String {
    let head = "generator   weights  code bits  scenes  bytes/scene  a further one      PSNR"
    return
      ([head]
      + curves.flatMap { curve in
        curve.points.map { place in
          func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
          }
          let name = (curve.generator ?? "separate").padding(
            toLength: 10, withPad: " ", startingAt: 0)
          return name + right(curve.weights, 9)
            + right(curve.codeBits.map(String.init) ?? "-", 11)
            + right("\(place.sceneCount)", 8) + right("\(Int(place.bytesPerScene))", 13)
            + right("\(place.bytesOfAFurtherScene)", 15)
            + String(format: "  %6.2f ± %.2f dB", place.psnr.mean, place.psnr.deviation)
        }
      }).joined(separator: "\n")
  }
}
