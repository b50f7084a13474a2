import Plotting

/// The plots of the reports.
extension ViewsReport {
  /// PSNR against the number of views, with the spread over objects.
  var plot: Plot {
    let counts = settings.viewCounts.map(Double.init)
    let series = curves.enumerated().map { index, curve in
      let (name, isFitted) = Self.legend(of: curve.name)
      return PlotSeries(
        name, colour: isFitted ? PlotSeries.colours[index] : PlotSeries.grey,
        marker: isFitted ? PlotMarker.allCases[index] : nil,
        line: curve.name == .nearestScene || isFitted ? .solid : .dashed,
        points: curve.points.map {
          PlotPoint(
            x: Double($0.viewCount), y: $0.psnr.mean, spread: isFitted ? $0.psnr.deviation : nil)
        })
    }
    let ends = series.flatMap(\.points).flatMap {
      [$0.y - ($0.spread ?? 0), $0.y + ($0.spread ?? 0)]
    }
    let x =
      counts.count > 1
      ? PlotAxis("training views of the object", scale: .logarithmic, ticks: counts)
      : PlotAxis("training views of the object", covering: counts)
    return Plot(
      title: "What the prior buys: unseen views of "
        + ProgressReporter.count(settings.objects.count, "unseen object"), x: x,
      y: PlotAxis("PSNR, dB: mean ± deviation", covering: ends), series: series)
  }

  private static func legend(of name: Curve.Name) -> (text: String, isFitted: Bool) {
    switch name {
    case .refined: ("prior: code + change", true)
    case .code: ("prior: code alone", true)
    case .scratch: ("from scratch, same time", true)
    case .nearestScene: ("nearest scene", false)
    case .meanLatent: ("mean latent", false)
    }
  }
}

extension ParametersReport {
  /// PSNR against bytes per scene: whole models in both precisions, and what a further scene adds.
  var plot: Plot {
    var series: [PlotSeries] = []
    for (index, generator) in (settings.generators.map(Optional.some) + [nil]).enumerated() {
      let own = curves.filter { $0.generator == generator }
      let colour = PlotSeries.colours[index]
      let marker = PlotMarker.allCases[index]
      let name = generator ?? "separate fields"
      for (weights, line) in [("float32", PlotSeries.Line.solid), ("float16", .dashed)] {
        // Codes as the weights are; codes of fewer bits lie beside these where the model is shared.
        guard let curve = own.first(where: { $0.weights == weights }) else { continue }
        let isWhole = weights == "float32"
        series.append(
          PlotSeries(
            isWhole ? name : "", colour: colour, marker: marker, line: line,
            points: curve.points.map {
              PlotPoint(
                x: $0.bytesPerScene, y: $0.psnr.mean,
                label: isWhole && generator != nil ? "N=\($0.sceneCount)" : nil)
            }))
      }
      guard generator != nil else { continue }
      let greatest = own.flatMap(\.points).map(\.sceneCount).max() ?? 0
      let further = own.filter { $0.weights == "float16" || $0.codeBits == 32 }.compactMap {
        curve in
        curve.points.first { $0.sceneCount == greatest }.map {
          PlotPoint(
            x: Double($0.bytesOfAFurtherScene), y: $0.psnr.mean,
            label: index == 0 ? curve.codeBits.map { "\($0) bit" } : nil)
        }
      }
      series.append(
        PlotSeries(
          "\(name), one more scene", colour: colour, marker: marker, isHollow: true,
          points: further))
    }
    let points = series.flatMap(\.points)
    return Plot(
      title:
        "Bytes per scene against quality, N scenes in one model",
      x: PlotAxis(
        "bytes per scene; dashed: weights in 16 bits", scale: .logarithmic,
        covering: points.map(\.x)),
      y: PlotAxis(
        "PSNR of \(settings.measuredScenes.count) scenes, dB", covering: points.map(\.y)),
      series: series)
  }
}
