import Foundation

/// What the report on regularisation holds: its settings, points and curves.
struct ViewsReport: Encodable {
  var schema = 1
  var report = "views"
  let program: String
  let command: String
  let settings: Settings
  let curves: [Curve]
  let points: [Point]

  /// What decides every point.
  struct Settings: Encodable {
    var schema = 1
    let program: String
    /// The model as it was named, and its fingerprint.
    let model: String
    let fingerprint: String
    /// The data set as it was named, and its objects.
    let dataset: String
    let objects: [String]
    let viewCounts: [Int]
    let seed: UInt64
    let samplesPerDiagonal: Int
    let terminationThreshold: Float
    let cellsPerEdge: Int
    /// What a field from scratch reaches in given seconds depends on them.
    let threads: Int
  }

  /// One object, fitted from one number of views.
  struct Point: Codable {
    /// Measures the same point.
    let command: String
    let object: String
    let viewCount: Int
    /// The views by number, from 0.
    let views: [Int]
    let found: FitEvaluation.Result
    /// Of the code alone, of code and change of the weights, and of a field from scratch.
    let codeBytes: Int
    let latentBytes: Int
    let fieldBytes: Int
  }

  /// One way to get a field, over numbers of views.
  struct Curve: Encodable {
    let name: Name
    let points: [Place]

    enum Name: String, Encodable {
      case refined, code, scratch
      case nearestScene = "nearest_scene"
      case meanLatent = "mean_latent"
    }
  }

  /// A curve at one number of views.
  struct Place: Encodable {
    let viewCount: Int
    /// Over objects, dB.
    let psnr: ReportSpread
    let bytes: Int
    /// In the mean, of fitting; nil for a scene that is only looked up.
    let seconds: Double?
  }

  init(program: String, command: String, settings: Settings, points: [Point]) {
    self.program = program
    self.command = command
    self.settings = settings
    self.points = points
    func curve(
      _ name: Curve.Name, bytes: (Point) -> Int, isTimed: Bool,
      _ psnr: (FitEvaluation.Result) -> Double?
    ) -> Curve {
      Curve(
        name: name,
        points: settings.viewCounts.compactMap { count in
          let own = points.filter { $0.viewCount == count }
          let values = own.compactMap { psnr($0.found) }
          guard !values.isEmpty else { return nil }
          let seconds = own.reduce(0) { $0 + $1.found.seconds } / Double(own.count)
          return Place(
            viewCount: count, psnr: ReportSpread(values),
            bytes: own.reduce(0) { $0 + bytes($1) } / own.count,
            seconds: isTimed ? seconds : nil)
        })
    }
    curves = [
      curve(.refined, bytes: \.latentBytes, isTimed: true) { $0.psnr },
      curve(.code, bytes: \.codeBytes, isTimed: true) { $0.codePsnr },
      curve(.scratch, bytes: \.fieldBytes, isTimed: true) { $0.scratch?.psnr },
      curve(.nearestScene, bytes: \.codeBytes, isTimed: false) { $0.nearestScene.psnr },
      curve(.meanLatent, bytes: \.codeBytes, isTimed: false) { $0.meanLatent.psnr },
    ]
  }

  var text: String {
    let head = "views  code and change          code alone        from scratch  seconds"
    return
      ([head]
      + settings.viewCounts.map { count in
        func cell(_ name: Curve.Name) -> String {
          let place = curves.first { $0.name == name }?.points.first { $0.viewCount == count }
          return place.map {
            String(format: "  %6.2f ± %5.2f dB", $0.psnr.mean, $0.psnr.deviation)
          } ?? "                   -"
        }
        let seconds = curves[0].points.first { $0.viewCount == count }?.seconds ?? 0
        return String(format: "%5d", count) + cell(.refined) + cell(.code) + cell(.scratch)
          + String(format: "  %7.1f", seconds)
      }).joined(separator: "\n")
  }
}
