//! One small figure, every byte of it.

use super::*;

#[test]
fn snapshot_of_a_small_figure() {
    let figure =
        figure(Kind::Lines(vec![line("proposed", &[(0.0, 1.0), (10.0, 2.0), (20.0, 4.0)])]));
    insta::assert_snapshot!(figure.svg(), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="252pt" height="186pt" viewBox="0 0 252 186" role="img" font-family="'Times New Roman', Times, 'Liberation Serif', 'Nimbus Roman', 'TeX Gyre Termes', serif">
    <title>Rate &amp; power &lt; 1 &quot;dB&quot;</title>
    <desc>Rate (bit/s/Hz) against Power (dBm). 1 curve: proposed (3 points).</desc>
    <rect width="252" height="186" fill="#fff"/>
    <path d="M33.47 7v151.9M134.2 7v151.9M234.93 7v151.9M23.4 152h221.6M23.4 105.97h221.6M23.4 59.93h221.6M23.4 13.9h221.6" stroke="#dadada" stroke-width="0.4" fill="none"/>
    <svg x="23.4" y="7" width="221.6" height="151.9" viewBox="23.4 7 221.6 151.9">
    <path d="M33.47 152L134.2 105.97L234.93 13.9" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    </svg>
    <path d="M31.17 152a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M131.9 105.97a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M232.63 13.9a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <rect x="23.4" y="7" width="221.6" height="151.9" fill="none" stroke="#000" stroke-width="0.6"/>
    <path d="M33.47 158.9v-3.2M33.47 7v3.2M134.2 158.9v-3.2M134.2 7v3.2M234.93 158.9v-3.2M234.93 7v3.2M23.4 152h3.2M245 152h-3.2M23.4 105.97h3.2M245 105.97h-3.2M23.4 59.93h3.2M245 59.93h-3.2M23.4 13.9h3.2M245 13.9h-3.2" fill="none" stroke="#000" stroke-width="0.6"/>
    <g fill="#000">
    <text x="33.47" y="169.74" font-size="8" text-anchor="middle">0</text>
    <text x="134.2" y="169.74" font-size="8" text-anchor="middle">10</text>
    <text x="234.93" y="169.74" font-size="8" text-anchor="middle">20</text>
    <text x="19.2" y="154.64" font-size="8" text-anchor="end">1</text>
    <text x="19.2" y="108.61" font-size="8" text-anchor="end">2</text>
    <text x="19.2" y="62.57" font-size="8" text-anchor="end">3</text>
    <text x="19.2" y="16.54" font-size="8" text-anchor="end">4</text>
    <text x="134.2" y="180.44" font-size="8" text-anchor="middle">Power (dBm)</text>
    <text x="0" y="2.64" font-size="8" text-anchor="middle" transform="translate(7.6 82.95) rotate(-90)">Rate (bit/s/Hz)</text>
    </g>
    <rect x="27.4" y="11" width="49.16" height="10.85" fill="#fff" stroke="#000" stroke-width="0.4"/>
    <path d="M29.9 17.07h16" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    <path d="M35.6 17.07a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <text x="48.4" y="19.38" font-size="7" text-anchor="start">proposed</text>
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
      xmin=-1, xmax=21,
      ymin=0.85, ymax=4.15,
      grid=major, major grid style={black!15, very thin},
      legend style={at={(0.018,0.974)}, anchor=north west},
    ]
    \addplot [noctule1, line width=0.8pt, mark=*, mark size=2pt, mark options={solid, line width=0.7pt, fill=white}] table [col sep=comma, x=x, y=y1] {rate.csv};
    \addlegendentry{proposed}
    \end{axis}
    \end{tikzpicture}
    "##);
}
