//! One small figure, every byte of it.

use super::*;

#[test]
fn snapshot_of_a_small_figure() {
    let figure =
        figure(Kind::Lines(vec![line("proposed", &[(0.0, 1.0), (10.0, 2.0), (20.0, 4.0)])]));
    insta::assert_snapshot!(figure.svg(), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="252pt" height="186.1pt" viewBox="0 0 252 186.1" role="img" font-family="'Times New Roman', Times, 'Liberation Serif', 'Nimbus Roman', 'TeX Gyre Termes', serif">
    <title>Rate &amp; power &lt; 1 &quot;dB&quot;</title>
    <desc>Rate (bit/s/Hz) against Power (dBm). 1 curve: proposed (3 points).</desc>
    <rect width="252" height="186.1" fill="#fff"/>
    <path d="M29.4 7v152M137.2 7v152M245 7v152M29.4 150.86h215.6M29.4 128.24h215.6M29.4 105.62h215.6M29.4 83h215.6M29.4 60.38h215.6M29.4 37.76h215.6M29.4 15.14h215.6" stroke="#dadada" stroke-width="0.4" fill="none"/>
    <svg x="29.4" y="7" width="215.6" height="152" viewBox="29.4 7 215.6 152">
    <path d="M29.4 150.86L137.2 105.62L245 15.14" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    </svg>
    <path d="M27.1 150.86a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M134.9 105.62a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M242.7 15.14a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <rect x="29.4" y="7" width="215.6" height="152" fill="none" stroke="#000" stroke-width="0.6"/>
    <path d="M29.4 159v-3.2M29.4 7v3.2M137.2 159v-3.2M137.2 7v3.2M245 159v-3.2M245 7v3.2M29.4 150.86h3.2M245 150.86h-3.2M29.4 128.24h3.2M245 128.24h-3.2M29.4 105.62h3.2M245 105.62h-3.2M29.4 83h3.2M245 83h-3.2M29.4 60.38h3.2M245 60.38h-3.2M29.4 37.76h3.2M245 37.76h-3.2M29.4 15.14h3.2M245 15.14h-3.2" fill="none" stroke="#000" stroke-width="0.6"/>
    <g fill="#000">
    <text x="29.4" y="169.84" font-size="8" text-anchor="middle">0</text>
    <text x="137.2" y="169.84" font-size="8" text-anchor="middle">10</text>
    <text x="245" y="169.84" font-size="8" text-anchor="middle">20</text>
    <text x="25.2" y="153.5" font-size="8" text-anchor="end">1.0</text>
    <text x="25.2" y="130.88" font-size="8" text-anchor="end">1.5</text>
    <text x="25.2" y="108.26" font-size="8" text-anchor="end">2.0</text>
    <text x="25.2" y="85.64" font-size="8" text-anchor="end">2.5</text>
    <text x="25.2" y="63.02" font-size="8" text-anchor="end">3.0</text>
    <text x="25.2" y="40.4" font-size="8" text-anchor="end">3.5</text>
    <text x="25.2" y="17.78" font-size="8" text-anchor="end">4.0</text>
    <text x="137.2" y="180.54" font-size="8" text-anchor="middle">Power (dBm)</text>
    <text x="0" y="2.64" font-size="8" text-anchor="middle" transform="translate(7.6 83) rotate(-90)">Rate (bit/s/Hz)</text>
    </g>
    <rect x="33.4" y="11" width="55.5" height="12.22" fill="#fff" stroke="#000" stroke-width="0.4"/>
    <path d="M36.4 17.61h19" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    <path d="M43.6 17.61a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <text x="58.4" y="20.09" font-size="7.5" text-anchor="start">proposed</text>
    </svg>
    "##);
    insta::assert_snapshot!(figure.pgf("rate.csv").body, @r##"
    % Rate & power < 1 "dB"
    % Rate (bit/s/Hz) against Power (dBm). 1 curve: proposed (3 points).
    \definecolor{noctule1}{HTML}{0072B2}
    \definecolor{noctule2}{HTML}{D55E00}
    \definecolor{noctule3}{HTML}{009E73}
    \definecolor{noctule4}{HTML}{CC79A7}
    \definecolor{noctule5}{HTML}{E69F00}
    \definecolor{noctule6}{HTML}{56B4E9}
    \definecolor{noctule7}{HTML}{000000}
    \definecolor{noctulereference}{HTML}{595959}
    \begin{tikzpicture}
    \begin{axis}[
      height=0.72\columnwidth,
      label style={font=\footnotesize},
      tick label style={font=\footnotesize},
      tick style={black},
      legend style={font=\scriptsize, row sep=-1pt, /tikz/every even column/.append style={column sep=4pt}},
      legend cell align=left,
      width=0.93\columnwidth,
      xlabel={Power (dBm)},
      ylabel={Rate (bit/s/Hz)},
      xmin=0, xmax=20,
      ymin=0.82, ymax=4.18,
      grid=major, major grid style={black!15, very thin},
      legend style={at={(0.02,0.975)}, anchor=north west},
    ]
    \addplot [noctule1, line width=0.8pt, mark=*, mark size=2pt, mark options={solid, line width=0.7pt, fill=white}] table [col sep=comma, x=x, y=y1] {rate.csv};
    \addlegendentry{proposed}
    \end{axis}
    \end{tikzpicture}
    "##);
}
