<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ja" sourcelanguage="en">
  <context>
    <name>TsukubaGis</name>
    <message>
      <source>Data</source>
      <translation>データ</translation>
    </message>
    <message>
      <source>Pseudo-citizen records</source>
      <translation>疑似市民データ</translation>
    </message>
    <message>
      <source>Spatial clusters</source>
      <translation>空間クラスタリング</translation>
    </message>
    <message>
      <source>Rates and relations</source>
      <translation>率と関連</translation>
    </message>
    <message>
      <source>Maps and reports</source>
      <translation>地図・レポート</translation>
    </message>
    <message>
      <source>Pseudo records (made from a register)</source>
      <translation>疑似データ(台帳から作成)</translation>
    </message>
    <message>
      <source>Invented data (made from published figures)</source>
      <translation>架空データ(公表値から作成)</translation>
    </message>
    <message>
      <source>Real people: internal use only</source>
      <translation>実在の人のデータ(庁内限り)</translation>
    </message>
    <message>
      <source>Published figures: no notice</source>
      <translation>公表値(注記なし)</translation>
    </message>
    <message>
      <source>Queen: a shared border or corner</source>
      <translation>クイーン型(辺または点を共有)</translation>
    </message>
    <message>
      <source>Rook: a shared border</source>
      <translation>ルーク型(辺を共有)</translation>
    </message>
    <message>
      <source>The 4 nearest</source>
      <translation>最も近い4区域</translation>
    </message>
    <message>
      <source>The 6 nearest</source>
      <translation>最も近い6区域</translation>
    </message>
    <message>
      <source>The 8 nearest</source>
      <translation>最も近い8区域</translation>
    </message>
    <message>
      <source>Within 1 km</source>
      <translation>1 km以内</translation>
    </message>
    <message>
      <source>Within 2 km</source>
      <translation>2 km以内</translation>
    </message>
    <message>
      <source>Within 5 km</source>
      <translation>5 km以内</translation>
    </message>
    <message>
      <source>Care levels 3–5</source>
      <translation>要介護3–5</translation>
    </message>
    <message>
      <source>Care levels 4–5</source>
      <translation>要介護4–5</translation>
    </message>
    <message>
      <source>Share (0–1, shown in percent)</source>
      <translation>割合(0–1、%で表示)</translation>
    </message>
    <message>
      <source>Ratio or plain number</source>
      <translation>比またはそのままの数</translation>
    </message>
    <message>
      <source>Persons per km²</source>
      <translation>人/km²</translation>
    </message>
    <message>
      <source>Yen</source>
      <translation>円</translation>
    </message>
    <message>
      <source>Persons (drawn as circles)</source>
      <translation>人数(円の大きさで表示)</translation>
    </message>
    <message>
      <source>Population</source>
      <translation>人口</translation>
    </message>
    <message>
      <source>Population density</source>
      <translation>人口密度</translation>
    </message>
    <message>
      <source>Share aged 65+</source>
      <translation>高齢化率(65歳以上)</translation>
    </message>
    <message>
      <source>Share aged 75+</source>
      <translation>後期高齢者の割合(75歳以上)</translation>
    </message>
    <message>
      <source>Share aged 0–14</source>
      <translation>年少人口の割合(0–14歳)</translation>
    </message>
    <message>
      <source>Ratio of 65+ to age 10 and under</source>
      <translation>65歳以上/10歳以下比</translation>
    </message>
    <message>
      <source>Ageing index (65+ to 0–14)</source>
      <translation>老年化指数(65歳以上/0–14歳)</translation>
    </message>
    <message>
      <source>Share in heavy care (aged 65+)</source>
      <translation>重度介護の割合(65歳以上)</translation>
    </message>
    <message>
      <source>Share certified for care (aged 65+)</source>
      <translation>要支援・要介護認定の割合(65歳以上)</translation>
    </message>
    <message>
      <source>Share living alone (aged 65+)</source>
      <translation>一人暮らしの割合(65歳以上)</translation>
    </message>
    <message>
      <source>Share of households headed by a person 65+</source>
      <translation>世帯主が65歳以上の世帯の割合</translation>
    </message>
    <message>
      <source>Medical cost per head (per year)</source>
      <translation>1人あたり医療費(年額)</translation>
    </message>
    <message>
      <source>Share with HbA1c of 6.5 % or more (of those examined)</source>
      <translation>HbA1c 6.5%以上の割合(健診受診者)</translation>
    </message>
    <message>
      <source>Persons per household</source>
      <translation>1世帯あたり人員</translation>
    </message>
    <message>
      <source>Households</source>
      <translation>世帯数</translation>
    </message>
    <message>
      <source>Junior-high-school districts</source>
      <translation>中学校区</translation>
    </message>
    <message>
      <source>Elementary-school districts</source>
      <translation>小学校区</translation>
    </message>
    <message>
      <source>Wards (行政区)</source>
      <translation>行政区</translation>
    </message>
    <message>
      <source>Small areas (町丁・字)</source>
      <translation>町丁・字等</translation>
    </message>
    <message>
      <source>Former municipalities</source>
      <translation>旧町村</translation>
    </message>
    <message>
      <source>Other</source>
      <translation>その他</translation>
    </message>
    <message>
      <source>Empirical Bayes, towards the neighbours</source>
      <translation>経験ベイズ推定(隣の平均に近づける)</translation>
    </message>
    <message>
      <source>Empirical Bayes, towards all districts</source>
      <translation>経験ベイズ推定(全体の平均に近づける)</translation>
    </message>
    <message>
      <source>Crude, with interval and funnel</source>
      <translation>粗率(信頼区間・ファンネルつき)</translation>
    </message>
    <message>
      <source>Each person counts once at most</source>
      <translation>1人は1回まで数える</translation>
    </message>
    <message>
      <source>A person may count several times</source>
      <translation>1人を何回も数えることがある</translation>
    </message>
    <message>
      <source>Pearson</source>
      <translation>ピアソン</translation>
    </message>
    <message>
      <source>Spearman (ranks)</source>
      <translation>スピアマン(順位)</translation>
    </message>
    <message>
      <source>Least squares</source>
      <translation>最小二乗</translation>
    </message>
    <message>
      <source>Counts (Poisson)</source>
      <translation>件数(ポアソン)</translation>
    </message>
    <message>
      <source>Counts (negative binomial)</source>
      <translation>件数(負の二項)</translation>
    </message>
    <message>
      <source>Spatial lag</source>
      <translation>空間ラグ</translation>
    </message>
    <message>
      <source>Spatial error</source>
      <translation>空間誤差</translation>
    </message>
    <message>
      <source>Hamilton–Perry: from two dates</source>
      <translation>コーホート変化率法(ハミルトン・ペリー法、2時点の人口から)</translation>
    </message>
    <message>
      <source>Cohort component: from one date, births, deaths and moves</source>
      <translation>コーホート要因法(1時点の人口と出生・死亡・移動の率から)</translation>
    </message>
    <message>
      <source>Check inputs</source>
      <translation>入力の点検</translation>
    </message>
    <message>
      <source>Assign districts to records</source>
      <translation>記録に区域を割り当て</translation>
    </message>
    <message>
      <source>Aggregate records by district</source>
      <translation>記録を区域別に集計</translation>
    </message>
    <message>
      <source>Pseudo records 1: measure</source>
      <translation>疑似市民データ 1 計測</translation>
    </message>
    <message>
      <source>Pseudo records 2: audit</source>
      <translation>疑似市民データ 2 監査</translation>
    </message>
    <message>
      <source>Pseudo records 3: generate</source>
      <translation>疑似市民データ 3 生成</translation>
    </message>
    <message>
      <source>Pseudo records 4: evaluate</source>
      <translation>疑似市民データ 4 評価</translation>
    </message>
    <message>
      <source>Global spatial autocorrelation</source>
      <translation>大域的空間的自己相関</translation>
    </message>
    <message>
      <source>Local Moran (LISA)</source>
      <translation>局所モラン(LISA)</translation>
    </message>
    <message>
      <source>Local Geary</source>
      <translation>局所ギアリー</translation>
    </message>
    <message>
      <source>Hot spots (Getis-Ord G*)</source>
      <translation>ホットスポット(Getis-Ord G*)</translation>
    </message>
    <message>
      <source>Regions of similar neighbours</source>
      <translation>地域区分(似た隣どうしをまとめる)</translation>
    </message>
    <message>
      <source>Rates by district</source>
      <translation>区域別の率</translation>
    </message>
    <message>
      <source>Correlation</source>
      <translation>相関</translation>
    </message>
    <message>
      <source>Regression</source>
      <translation>回帰</translation>
    </message>
    <message>
      <source>Cohort projection</source>
      <translation>コーホート推計</translation>
    </message>
    <message>
      <source>Offline web map</source>
      <translation>オフラインのウェブ地図</translation>
    </message>
    <message>
      <source>Full report</source>
      <translation>レポート一式</translation>
    </message>
    <message>
      <source>Records (points, one a person)</source>
      <translation>記録(点、1人1件)</translation>
    </message>
    <message>
      <source>Age</source>
      <translation>年齢</translation>
    </message>
    <message>
      <source>Only chosen fields leave QGIS.</source>
      <translation>選んだフィールドだけを分析コアに渡します。</translation>
    </message>
    <message>
      <source>Sex</source>
      <translation>性別</translation>
    </message>
    <message>
      <source>Care level (要介護度)</source>
      <translation>要介護度</translation>
    </message>
    <message>
      <source>Household number</source>
      <translation>世帯番号</translation>
    </message>
    <message>
      <source>Relation to the head</source>
      <translation>世帯主との続柄</translation>
    </message>
    <message>
      <source>Medical cost (yen)</source>
      <translation>医療費(円)</translation>
    </message>
    <message>
      <source>HbA1c</source>
      <translation>HbA1c</translation>
    </message>
    <message>
      <source>Register (points, one a person)</source>
      <translation>台帳(点、1人1件)</translation>
    </message>
    <message>
      <source>Read by this step only, in a private folder that is deleted at the end.</source>
      <translation>この手順だけが読みます。本人だけが読める一時フォルダに置き、終わると消します。</translation>
    </message>
    <message>
      <source>School district (cluster)</source>
      <translation>中学校区(クラスター)</translation>
    </message>
    <message>
      <source>Small area or ward</source>
      <translation>町丁・字または行政区</translation>
    </message>
    <message>
      <source>Household type</source>
      <translation>世帯類型</translation>
    </message>
    <message>
      <source>Claims</source>
      <translation>レセプト件数</translation>
    </message>
    <message>
      <source>BMI</source>
      <translation>BMI</translation>
    </message>
    <message>
      <source>Systolic blood pressure</source>
      <translation>収縮期血圧</translation>
    </message>
    <message>
      <source>What the data come from</source>
      <translation>データの由来</translation>
    </message>
    <message>
      <source>Decides the notice that layer, table and page carry.</source>
      <translation>レイヤ・表・ページに付く注記が決まります。</translation>
    </message>
    <message>
      <source>Districts (polygons)</source>
      <translation>区域(ポリゴン)</translation>
    </message>
    <message>
      <source>Areas to which the records are assigned, in any coordinate system.</source>
      <translation>記録を割り当てる区域です。座標系は問いません。</translation>
    </message>
    <message>
      <source>Code of the district</source>
      <translation>区域のコード</translation>
    </message>
    <message>
      <source>Polygons with the same code are one district. Without a code each polygon is one.</source>
      <translation>コードが同じポリゴンは1つの区域とみなします。コードがなければポリゴン1つが1区域です。</translation>
    </message>
    <message>
      <source>Name of the district</source>
      <translation>区域の名前</translation>
    </message>
    <message>
      <source>Districts with numbers (polygons)</source>
      <translation>値をもつ区域(ポリゴン)</translation>
    </message>
    <message>
      <source>Field</source>
      <translation>値のフィールド</translation>
    </message>
    <message>
      <source>Rates rather than counts: a count mostly shows where the large districts are.</source>
      <translation>件数ではなく率を使ってください。件数では大きい区域が目立つだけになります。</translation>
    </message>
    <message>
      <source>Fields</source>
      <translation>フィールド(複数)</translation>
    </message>
    <message>
      <source>Take points just outside to the nearest, within metres</source>
      <translation>区域のすぐ外の点を最も近い区域に入れる距離(m)</translation>
    </message>
    <message>
      <source>0: points outside every district stay without one.</source>
      <translation>0のとき、どの区域にも入らない点は区域なしのままです。</translation>
    </message>
    <message>
      <source>Leave out faulty records</source>
      <translation>不備のある記録を除く</translation>
    </message>
    <message>
      <source>Otherwise one faulty record stops the run; all are listed in either case.</source>
      <translation>チェックしないと、不備のある記録が1件でもあれば処理を止めます。どちらの場合も不備は一覧で知らせます。</translation>
    </message>
    <message>
      <source>Smallest number of persons that is shown</source>
      <translation>表示する最小の人数</translation>
    </message>
    <message>
      <source>Heavy care means</source>
      <translation>重度とする要介護度</translation>
    </message>
    <message>
      <source>Unit</source>
      <translation>単位</translation>
    </message>
    <message>
      <source>Decimals</source>
      <translation>小数点以下の桁数</translation>
    </message>
    <message>
      <source>Neighbours</source>
      <translation>隣の決め方</translation>
    </message>
    <message>
      <source>Distances are between centroids, in metres.</source>
      <translation>距離は重心間(m)です。</translation>
    </message>
    <message>
      <source>Significance level</source>
      <translation>有意水準</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>乱数の種</translation>
    </message>
    <message>
      <source>The same seed gives the same result.</source>
      <translation>同じ種なら結果は同じです。</translation>
    </message>
    <message>
      <source>Correct for testing many districts (FDR)</source>
      <translation>多数の区域を調べることの補正(FDR)</translation>
    </message>
    <message>
      <source>Without it about 5 % of the districts are marked by chance alone.</source>
      <translation>補正しないと、偏りがなくても約5%の区域が色づきます。</translation>
    </message>
    <message>
      <source>Permutations</source>
      <translation>並べ替え回数</translation>
    </message>
    <message>
      <source>More permutations give finer p-values.</source>
      <translation>回数が多いほどp値が細かくなります。</translation>
    </message>
    <message>
      <source>Statistics folder</source>
      <translation>統計フォルダ</translation>
    </message>
    <message>
      <source>Report (HTML)</source>
      <translation>レポート(HTML)</translation>
    </message>
    <message>
      <source>Records</source>
      <translation>記録の数</translation>
    </message>
    <message>
      <source>In a district</source>
      <translation>区域に入った数</translation>
    </message>
    <message>
      <source>On a border</source>
      <translation>境界上の数</translation>
    </message>
    <message>
      <source>Given to the nearest</source>
      <translation>最も近い区域に入れた数</translation>
    </message>
    <message>
      <source>Outside</source>
      <translation>区域外の数</translation>
    </message>
    <message>
      <source>Without a place</source>
      <translation>位置のない数</translation>
    </message>
    <message>
      <source>Tables</source>
      <translation>表の数</translation>
    </message>
    <message>
      <source>Numbers</source>
      <translation>数値の数</translation>
    </message>
    <message>
      <source>SHA-256</source>
      <translation>SHA-256</translation>
    </message>
    <message>
      <source>Layer to check</source>
      <translation>点検するレイヤ</translation>
    </message>
    <message>
      <source>Points are taken for persons, polygons for districts.</source>
      <translation>点は個人の記録、ポリゴンは区域として点検します。</translation>
    </message>
    <message>
      <source>Problems</source>
      <translation>見つかった不備</translation>
    </message>
    <message>
      <source>Errors</source>
      <translation>エラーの数</translation>
    </message>
    <message>
      <source>Warnings</source>
      <translation>警告の数</translation>
    </message>
    <message>
      <source>Records (points)</source>
      <translation>記録(点)</translation>
    </message>
    <message>
      <source>Records with districts</source>
      <translation>区域を割り当てた記録</translation>
    </message>
    <message>
      <source>Records in no district</source>
      <translation>区域のない記録</translation>
    </message>
    <message>
      <source>Indicators (none: all that the fields allow)</source>
      <translation>指標(選ばないと、計算できるものすべて)</translation>
    </message>
    <message>
      <source>Districts with indicators</source>
      <translation>指標つきの区域</translation>
    </message>
    <message>
      <source>Smallest number of persons that is written down</source>
      <translation>書き出す最小の人数</translation>
    </message>
    <message>
      <source>Audited statistics folder</source>
      <translation>監査済みの統計フォルダ</translation>
    </message>
    <message>
      <source>File with the key</source>
      <translation>鍵のファイル</translation>
    </message>
    <message>
      <source>Any text; one key, one set.</source>
      <translation>内容は任意の文字列です。同じ鍵からは同じデータができます。</translation>
    </message>
    <message>
      <source>Of the records to be judged.</source>
      <translation>評価するデータの鍵です。</translation>
    </message>
    <message>
      <source>Figures of the evaluation</source>
      <translation>評価の数値</translation>
    </message>
    <message>
      <source>1 if every condition holds</source>
      <translation>すべての条件を満たすとき1</translation>
    </message>
    <message>
      <source>Conditions not met</source>
      <translation>満たしていない条件</translation>
    </message>
    <message>
      <source>Statistics</source>
      <translation>統計量</translation>
    </message>
    <message>
      <source>Moran's I</source>
      <translation>モランのI</translation>
    </message>
    <message>
      <source>z of Moran's I</source>
      <translation>モランのIのz値</translation>
    </message>
    <message>
      <source>p of Moran's I</source>
      <translation>モランのIのp値</translation>
    </message>
    <message>
      <source>Clusters (LISA)</source>
      <translation>クラスタ(LISA)</translation>
    </message>
    <message>
      <source>Count the district itself (G*)</source>
      <translation>自分の区域も数える(G*)</translation>
    </message>
    <message>
      <source>Hot spots</source>
      <translation>ホットスポット</translation>
    </message>
    <message>
      <source>Number of regions (0: as many as the least amount allows)</source>
      <translation>地域の数(0: 最小量を満たす限り多く)</translation>
    </message>
    <message>
      <source>Amount that each region must have</source>
      <translation>各地域に必要な量のフィールド</translation>
    </message>
    <message>
      <source>For instance persons.</source>
      <translation>例: 人口</translation>
    </message>
    <message>
      <source>Least amount in each region</source>
      <translation>各地域の最小量</translation>
    </message>
    <message>
      <source>Districts with their region</source>
      <translation>地域番号つきの区域</translation>
    </message>
    <message>
      <source>Regions, dissolved</source>
      <translation>まとめた地域の形</translation>
    </message>
    <message>
      <source>Regions</source>
      <translation>地域の数</translation>
    </message>
    <message>
      <source>Share of variance within regions</source>
      <translation>地域内の散らばりの割合</translation>
    </message>
    <message>
      <source>Events (above the line)</source>
      <translation>件数(分子)</translation>
    </message>
    <message>
      <source>Persons at risk (below the line)</source>
      <translation>人数(分母)</translation>
    </message>
    <message>
      <source>Method</source>
      <translation>方法</translation>
    </message>
    <message>
      <source>Events</source>
      <translation>件数の数え方</translation>
    </message>
    <message>
      <source>Districts with rates</source>
      <translation>率つきの区域</translation>
    </message>
    <message>
      <source>Rate of all districts</source>
      <translation>全体の率</translation>
    </message>
    <message>
      <source>Correlations</source>
      <translation>相関の表</translation>
    </message>
    <message>
      <source>Explained by</source>
      <translation>説明するフィールド(複数)</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>モデル</translation>
    </message>
    <message>
      <source>Persons at risk (for counts)</source>
      <translation>分母の人数(件数のモデル)</translation>
    </message>
    <message>
      <source>Districts with residuals</source>
      <translation>残差つきの区域</translation>
    </message>
    <message>
      <source>Coefficients</source>
      <translation>回帰係数</translation>
    </message>
    <message>
      <source>Diagnostics</source>
      <translation>診断</translation>
    </message>
    <message>
      <source>Districts</source>
      <translation>区域の数</translation>
    </message>
    <message>
      <source>AIC</source>
      <translation>AIC</translation>
    </message>
    <message>
      <source>Records of the later date (points)</source>
      <translation>後の時点の記録(点)</translation>
    </message>
    <message>
      <source>Year of the later date</source>
      <translation>後の時点の年</translation>
    </message>
    <message>
      <source>Records of the earlier date (points)</source>
      <translation>前の時点の記録(点)</translation>
    </message>
    <message>
      <source>For Hamilton–Perry.</source>
      <translation>コーホート変化率法で使います。</translation>
    </message>
    <message>
      <source>Age (earlier date)</source>
      <translation>年齢(前の時点)</translation>
    </message>
    <message>
      <source>Sex (earlier date)</source>
      <translation>性別(前の時点)</translation>
    </message>
    <message>
      <source>Year of the earlier date</source>
      <translation>前の時点の年</translation>
    </message>
    <message>
      <source>Survival ratios (CSV)</source>
      <translation>生残率(CSV)</translation>
    </message>
    <message>
      <source>For the cohort component: columns sex, age_start, value (0–1, a step).</source>
      <translation>コーホート要因法で使います。列は sex・age_start・value(0–1: 1期間後に生きている割合)です。</translation>
    </message>
    <message>
      <source>Fertility rates (CSV)</source>
      <translation>出生率(CSV)</translation>
    </message>
    <message>
      <source>For the cohort component: columns age_start, value (births a woman and year).</source>
      <translation>コーホート要因法で使います。列は age_start・value(女性1人・1年あたりの出生数)です。</translation>
    </message>
    <message>
      <source>Net migration rates (CSV)</source>
      <translation>純移動率(CSV)</translation>
    </message>
    <message>
      <source>For the cohort component: columns sex, age_start, value; without it nobody moves.</source>
      <translation>コーホート要因法で使います。列は sex・age_start・value(1期間の純移動数÷人口)です。ないときは移動がないものとします。</translation>
    </message>
    <message>
      <source>Boys born to each girl</source>
      <translation>女児1人あたりの男児の出生数</translation>
    </message>
    <message>
      <source>For the cohort component.</source>
      <translation>コーホート要因法で使います。</translation>
    </message>
    <message>
      <source>Last year</source>
      <translation>最後の年</translation>
    </message>
    <message>
      <source>Persons by district, year, sex and age</source>
      <translation>区域・年・性・年齢別の人数</translation>
    </message>
    <message>
      <source>Districts with their totals</source>
      <translation>年ごとの合計つきの区域</translation>
    </message>
    <message>
      <source>Kind of districts</source>
      <translation>区域の種類</translation>
    </message>
    <message>
      <source>Title</source>
      <translation>表題</translation>
    </message>
    <message>
      <source>Statistics by district</source>
      <translation>区域別統計</translation>
    </message>
    <message>
      <source>Folder of the report</source>
      <translation>レポートのフォルダ</translation>
    </message>
    <message>
      <source>First page</source>
      <translation>最初に開くページ</translation>
    </message>
    <message>
      <source>Tsukuba GIS: analysis core</source>
      <translation>つくばGIS 分析コア</translation>
    </message>
    <message>
      <source>The tools run in a Python of their own, so that QGIS stays as it is. Nothing is installed or downloaded by the plugin.</source>
      <translation>ツールは専用のPythonで動くため、QGISの環境は変わりません。プラグインが自動でインストールやダウンロードをすることはありません。</translation>
    </message>
    <message>
      <source>Check</source>
      <translation>確認</translation>
    </message>
    <message>
      <source>Save</source>
      <translation>保存</translation>
    </message>
    <message>
      <source>Close window</source>
      <translation>閉じる</translation>
    </message>
    <message>
      <source>&lt;b&gt;To install the core&lt;/b&gt;, copy these lines into a terminal:</source>
      <translation>&lt;b&gt;分析コアの導入&lt;/b&gt;: 次の行を端末(ターミナル)に貼り付けて実行してください。</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>コピー</translation>
    </message>
    <message>
      <source>Saved.</source>
      <translation>保存しました。</translation>
    </message>
    <message>
      <source>Python of the analysis core (empty: {variable}, else {path})</source>
      <translation>分析コアのPython(空欄のとき: 環境変数 {variable}、なければ {path})</translation>
    </message>
    <message>
      <source>Asking {0} …</source>
      <translation>{0} に問い合わせています…</translation>
    </message>
    <message>
      <source>The core answers: version {0}.</source>
      <translation>分析コアが応答しました: 版 {0}</translation>
    </message>
    <message>
      <source>The analysis core of Tsukuba GIS was not found. Open Plugins → Tsukuba GIS → Analysis core… to see how to install it, or to choose the Python in which it is.</source>
      <translation>つくばGISの分析コアが見つかりません。メニューの「プラグイン → つくばGIS → 分析コア…」で導入方法を確認するか、分析コアのあるPythonを選んでください。</translation>
    </message>
    <message>
      <source>Without internet: first on a PC that has it, with the same system and Python</source>
      <translation>インターネットがない場合: まず、つながるPC(同じOSとPython)で</translation>
    </message>
    <message>
      <source>… then carry the folder wheels over, and on this PC</source>
      <translation>…フォルダ wheels をこのPCに移して</translation>
    </message>
    <message>
      <source>This is not the Python of the analysis core: it does not answer as the core does.</source>
      <translation>このPythonには分析コアがありません(分析コアとしての応答がありません)。</translation>
    </message>
    <message>
      <source>The analysis core is version {core} (protocol {theirs}); this plugin needs protocol {ours}. Install plugin and core of the same version.</source>
      <translation>分析コアは版 {core}(プロトコル {theirs})ですが、このプラグインにはプロトコル {ours} が必要です。プラグインと分析コアを同じ版にそろえてください。</translation>
    </message>
    <message>
      <source>With internet</source>
      <translation>インターネットがある場合</translation>
    </message>
    <message>
      <source>A feature could not be written: {0}</source>
      <translation>地物を書き出せません: {0}</translation>
    </message>
    <message>
      <source>The layer has no field “{0}”.</source>
      <translation>レイヤにフィールド「{0}」がありません。</translation>
    </message>
    <message>
      <source>Analysis core…</source>
      <translation>分析コア…</translation>
    </message>
    <message>
      <source>Tsukuba GIS</source>
      <translation>つくばGIS</translation>
    </message>
    <message>
      <source>The analysis core is not installed yet.</source>
      <translation>分析コアがまだ導入されていません。ツールは導入後に使えます。</translation>
    </message>
    <message>
      <source>How to install…</source>
      <translation>導入方法…</translation>
    </message>
    <message>
      <source>The analysis core ended without a result (exit code {code}).</source>
      <translation>分析コアが結果を出さずに終わりました(終了コード {code})。</translation>
    </message>
  </context>
</TS>
