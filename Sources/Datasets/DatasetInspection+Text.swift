import Files

/// The report for people to read.
extension DatasetInspection {
  /// Several lines, without one at the end: totals, cameras with a plot of where they stand, the
  /// bound and the share of rays that meet it, one line per scene, warnings.
  package var text: String {
    var lines = [path.onOneLine]
    lines.append("scenes    \(scenes.count)")
    lines.append(
      "views     \(total(\.trainCount)) train, \(total(\.validationCount)) validation, "
        + "\(total(\.testCount)) test")
    lines.append("pictures  \(sizesText), \(channelsText); background \(backgroundsText)")
    lines.append("cameras   \(camerasText)")
    lines.append(
      "bound     \(bound.box.rangesText) (\(bound.source.text)); "
        + "near \(bound.near.text(decimals: 2))")
    lines.append(
      "rays      \(coverage.rayShare.percentage) meet the bound; of those that show "
        + "something \(coverage.contentShare.percentage)")
    lines.append("")
    lines += plot
    lines.append("")
    lines += sceneTable
    lines += warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func total(_ count: (Scene) -> Int) -> Int { scenes.map(count).reduce(0, +) }

  private var sizesText: String {
    let sizes = Set(scenes.flatMap(\.sizes)).sorted {
      ($0.width, $0.height) < ($1.width, $1.height)
    }
    guard sizes.count > 3, let first = sizes.first, let last = sizes.last else {
      return sizes.map(\.description).joined(separator: ", ")
    }
    return "\(sizes.count) sizes from \(first) to \(last)"
  }

  private var channelsText: String {
    PosedImage.Channels.allCases
      .filter { kind in scenes.contains { $0.channels.contains(kind) } }
      .map(\.text).joined(separator: " and ")
  }

  private var backgroundsText: String {
    ["transparent", "plain", "photograph"]
      .filter { kind in scenes.contains { $0.background == kind } }
      .joined(separator: " and ")
  }

  private var camerasText: String {
    let centre = (0..<3).map { cameras.centre[$0].text(decimals: 2) }.joined(separator: ", ")
    let distance =
      "\(cameras.minimumDistance.text(decimals: 2))…\(cameras.maximumDistance.text(decimals: 2))"
    let elevation =
      "\(cameras.minimumElevation.text(decimals: 0))…\(cameras.maximumElevation.text(decimals: 0))°"
    let azimuth =
      cameras.azimuthArc > 300
      ? "all around"
      : "\(cameras.firstAzimuth.text(decimals: 0))…"
        + "\((cameras.firstAzimuth + cameras.azimuthArc).text(decimals: 0))°"
    return
      "distance \(distance), mean \(cameras.meanDistance.text(decimals: 2)), from (\(centre)); "
      + "elevation \(elevation), azimuth \(azimuth)"
  }

  /// How many cameras stand in each direction: `.` for none, and digits up to 9 for the most.
  private var plot: [String] {
    let fullest = cameras.counts.joined().max() ?? 0
    let divisor = max(1, (fullest + 8) / 9)
    var lines = ["cameras by elevation and azimuth, in steps of \(divisor)"]
    for (row, counts) in cameras.counts.enumerated() {
      let label = String(80 - 20 * row)
      let cells = counts.map { $0 == 0 ? "." : String(($0 + divisor - 1) / divisor) }.joined()
      lines.append(String(repeating: " ", count: 5 - label.count) + label + "°  " + cells)
    }
    lines.append("        -180°      0°    180°")
    return lines
  }

  private var sceneTable: [String] {
    let nameWidth = min(40, max(5, scenes.map(\.name.onOneLine.count).max() ?? 0))
    return scenes.map { scene in
      let name = scene.name.onOneLine
      let padding = String(repeating: " ", count: max(0, nameWidth - name.count))
      let counts = "\(scene.trainCount)/\(scene.validationCount)/\(scene.testCount)"
      let sizes = scene.sizes.map(\.description).joined(separator: " ")
      let times = scene.timeCount.map { "  \($0) times" } ?? ""
      return "\(name)\(padding)  \(counts)  \(sizes)  \(scene.bound.box.rangesText)\(times)"
    }
  }
}

extension PosedImage.Channels {
  fileprivate var text: String {
    switch self {
    case .grey: "grey"
    case .greyAlpha: "grey with alpha"
    case .colour: "RGB"
    case .colourAlpha: "RGBA"
    }
  }
}

extension SceneBound.Source {
  fileprivate var text: String {
    switch self {
    case .silhouettes: "around the silhouettes"
    case .depthRange: "what the cameras frame between near and far"
    case .meetingPoint: "around the point that the cameras look at"
    case .parallax: "what the cameras frame at depths that their parallax tells"
    case .given: "as given"
    }
  }
}
