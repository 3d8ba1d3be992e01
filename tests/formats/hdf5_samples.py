"""Small HDF5 files, as h5py 3.16 has written them (packed here), with the verdict on each."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

#: Verdict and content: deflated, in base 85.
_PACKED = {
    "many-links.h5": ("ok", (
        "c-rgqaB<`1lHy|K;9!7(|4{Ih3&J;mia+D7f9LPv62!z%!NtVD$iToP1QNc@3X#rbgQ|;Qpc$zAD>nn`1c>GT(E!"
        "9@v~<GJohR0eI$_iagUAVP!NIN!lcCv<v5b+S3&fbek23(PmO<cR619xFn4DA*<PpHY4&*Q~2ryt2?q!S+J}lV)R"
        "iV;Qz)7TyEJ!*bMk@g6r|?=Oz%5PEDa6Btffb~V8z_>Z@stf_2h5fUx~rDE1p`$vz}&~kfJ!6m3t*@K+5wX}$_x>"
        "gVnC%86r^RHLVVm9SmW1EH(~Gu3h^==o$$_$AsNhk!(ZgbPzz>?-gxTAPylAG%T+99umLmoZH_Bu2m>?y{+@1TPy"
        "#dGYsDXC5Ct=ZD+2E^=!2PeBi6<<jDo=i+&o;I;LQ{ec(DFP1tSAfy1{06>S9VaG-E_?jCLY%jBS_@9FzS>98)J|"
        "1jp<P632WQ3xZ=2!8#fX0|x+3I}$1"
    )),
    "link-among-many.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|4{Ih3&J;mia+D7f9LPv62!z%!NtVD$iToP1QNc@3X#rbgQ|;Qpc$zAD>nn`1c>GT(E!"
        "9@v~<GJohR0eI$_iagUAVP!NIN!lcCv<F_n>FHi)tQHOnllS_XlONz^jxVscVNkVgOmJCMV~Ai#i8xTi8g_^@OHR"
        "E0`I0T+=rvLNY%7_9)LpTcXEB}|>~okBcZ7+68-xPc-m8c*3^cED`OJ+aQkEf}bZ0p>nN22>hhUjRb|&<>c)QD%s"
        "^6ay-KJ(;1*Da6N(fi-^pbQ1<opb#&^GmoQg3|&B`Aj8oK@7x%Y!J=>Yi~JaB!A#K`PyHAQz|3{Iip2~zVCKHfam"
        "5T_V5Z;S)6EP@VCH+R_`?jMV5V?I;5`O?F!SKmLz@^z!Jq(c9xhJsW(o+DUQ?aS$iS3tuo<4Zn9>c+7!e$!ok$#G"
        "8zuzDWIqze)QK6vG5dnVF<-`l;8;XJEobC#U`z!jcKy_nWc><oQW*s_2LQ|58ln"
    )),
    "link-below-many.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|4{Ih3&J;mia+D7f9LPv62!z%!NtVD$iToP1QNc@3X#rbgQ|;Qpc$zAD>nn`1c>GT(E!"
        "9@v~<GJohR0eI$_iagUAVP!NIN!lcCv<v5b+S3&fbek23(PmO<cR615QFVm3jb*Et**Q-Ot+eridweg%U*1A{YFT"
        "-@W(YfgO^(>zrKc?2-91363#0t^_1dl@5y4@)*cRj4!+a1v=F3zANV(F#ENDZEw*a7&YP3h{7ZU<Ik;28yI;JY|E"
        "~0kdU-?yBW(!9Z0EF!wPspwbBY0vIZQcEDtgGDF0r7*J^i1!-BQ5Fa-N*7)_)O&C0ZLc9z|C%kiGNCq?C@E7?p)P"
        "k9!H=g=26o8rQautgiY{1NYo8yWZ!oW<wzo(lSl)%jQTJeV&M8QnqiokoIv<76}jaVDcFbW16aPx3+f;Uq@;KBME"
        "6^sl_=?0tOsf#Jy(2NnmG1`g5F}7hsa7^|iaZH_<5gfBGNF4KJEC`N81nX!l3>*LeY@idw"
    )),
    "link-outside.h5": ("unsafe", (
        "c-rgqaB<`1lHy_j0S*oZ76t(ZWbhvfGMG{MF!=;1%?PDCp!5nRm^ceqP68?}05x9$YMuvFJS51~71?}rdq%;?1|F"
        "`C0U$a8%IAR6Czw#x!O~#>mF#7Lr(EnQlMCn)MkMuY(Dcp7;lP**bY#9>hAD$S0|Nj!#5!I"
    )),
    "parts-of-others.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|4?vV5W+WriXS=u)X3k%C5VZkf=LKjAq;RaF)%VPu<<YeDaNwRF!MYZs0P|f)b4<tptx"
        "!(Z#FV!U}O|wU|?coWMqM=h0)9+42*&b@=(44gE$9+cs-EC3Un<qHwPb3CG&Ykh*~hUg<(j7vO_kE?#})`U_S^T`"
        "3DHBV2WS@`Fa_q3@HrENJ1dM1PU*Z7!xB@IU_LKww3TbK(%WDKf@>(1*2dTjDk@x3P!;w7zLwX6pVsVFbW0;005C"
        "kH9P"
    )),
    "many-attributes.h5": ("ok", (
        "c-rgqaB<`1lHy|K;9!7(|4?ulDr5i^KUFoQ)!)M<h>5X?kx2+yB@A#eF)%VPhzc>VFfgoRgy?c$f@-&6WEchHgG;"
        "j+54i<-1TcVNg^59c0VBRFpdp<G3vm`S8VY!bw2=i#CnWAPfb?a!So_rPE>0mHE<hInZ4?BGq-gA5g4qGHMY%Ebr"
        "CTsi6$8wDj0~tW!oC283ZNY@nH^A@q#00Y*ZaZFP9Z*SKzpM=Dpf#1z`(HERa}HY2ua|*cz`lP90NjNj@N%vh9)F"
        "|HJPQh40Rwast^IbV<qkki;)D3t5`!AtdO)!lb;gGa0*G_>8T&J3}Q$Ei}yC{VK75-$BypvCm5C?sW>jF{f6NklE"
        "BspEB_yM{{Lk(l@klxf`eV*37rv`vQB{0%+4iBvThzOPVmwP4009gy_p%9fk_gWq7n@l1b|rxQnooTFd?Z!s4>J)"
        "!-%2A2ty4Mh8klGHOv@lOfb~2V5l+0P{WF$#tcIZ8-^Nl3^nW+YAi6+aA2sh#8ATtSHl7eL(G8Y!c>GA(%hq|dlX"
        "Or0NQ|w0R"
    )),
    "config-among-many.h5": ("unknown", (
        "c-rgqaB<`1lHy|K;9!7(|4?vQ0>U?dii=*kGs)k>C5VZ!h>=MMStSf`F)=U#)d?}MFfgoRgy?c$f@-&6WEchHgG;"
        "j+54i<-1TcUiiitsh0VBSCK?67q7UC>uG!*a>X(J1gPKePOK>D%>OiVmsLXA_1hYQd}KpO>tA}Ja>m|%9mY|(odA"
        "?p?lRK);uA0q=Qjj%6(p#o?JOlAkvCTRv#I%dr^XQvP!H=w;yAeAbhAYfqF?J6$9AcQ3FUOYgVA&vndFvsh^DMJ&"
        "Iz?#fbTZTH27FCD<-?0*RhQ&w%##O8#3|2^5rpZqUWjKW-@buJ=T80xKEp`xr7cBD|7{riNEZ*C&hrtZVVLQ6dpI"
        "}&qq~f@w_8W$GNCI0Yto(nmW<SShvd013o&9~lsYC!ZEtNv)YNh0y#Ny)kyu{p8B`XD`;MBs>)Vz|+#2h6Z1*PQt"
        "ytK@8pm?=XPGV(hQ8ADijjqKfF*hkC5lwkoX<l+kW`16LNo4_8RSrZ|ZEb9AEt2~(_($Vt6pVsVFbYP&C>RB!U=)"
        "mkQ7{Td!6={<xCIBh!Uwt-e=#z!f!VJY2F`c$aB+f<K7zqQ6W{&J49pBXpz*9k0|o&O1_sE`iUR`^k~)MMLku;H7"
        ";20#)G%SFF~(5CjG@K^Lk$at8dD54tQcy{Fx0SNs4>S-!;YcG0z(Z4h8jx@HJorYEU+-d3}`M)MVKMY4Ohg=AOcd"
        "9o1c=J6Au}LVUT2G1dsU$z~clw`UoEQ*};N37&Hn-A^-qv_`kj"
    )),
    "datasets.h5": ("ok", (
        "c-rk*zi-"
        "n(6n=Ncjgw#{9ZCudMl2aSbYMWLE7es71Qi8|3Dq<QtrF6x?ocK=hOJ}AOsErLL}Fp=pTWqVz!rSHch21vJCQ1"
        "t(B3CS&(HVdAMd_<{@&$NYi-"
        "@H+^YbG=fN$ggNhNtd#L+zd<!i>J3xC%<#}>GwutBF@%m=mi|0|qqelkheSW&a>Q85JQ_zZ5H@JO;{v)(!RFCV"
        "%AJ~2ZkQ}f+_ut1!hueO<-C=Ej-"
        "d>M!KYkbQ_7vU*Irq)uZ_5$>jyoNHf0c#x>{MF*Ds^n&>Tzw>OPIpT)+O(|`SjTufjL-"
        "0f2mp=FZmfbdR;g9F4x0pqxgDFw7(w|$I12gZLv5`=I!Lp)y`jD9oQ%dzh9oN4urRD9k6v^Tn8kdj>~#nhwb-"
        "R7vRlqoT%$Cyi^?^8Sk1UeSMoew#cgkE>I<L1S=e&;)IkVSS~O4PCDZ}az419YHd;Z8Xh!0;<%g65Fe*hT+l;?"
        "IAq}KjFC9}r}+@PqT}z`!gSx4N#CKHiK7*<#KZJ=l>UZ%xj%-"
        "ml(Fyd_4d|}8fOhr4sGTvEG#T6EdEzrNi<z4bRHqZ(2u5$tf9uNL&b$kZK94GqK=$1o?tNJ`S7%U#Yx|nAJ;vp"
        "DZ>fx{n`I}=RLd@{Gb>5ji%VIppfN>;QOzyKG}@U_bOgSGO77_`{L_Yo{heP?`aj~BQ*Nuj4v?GgT@y}ymuAlG"
        "*NiR`{p)#+l>zx_H0UiC_TFi*vNsZ#CNVVAAH}5_hII~Q(l|(6=zkB2gdk!U-"
        "tvh_X{j6EG#T6EUrVp;YpQ8_5NZd)7Q&YSROf(`U~?PFNu?x&c`2y3aJh"
    )),
    "datasets-latest.h5": ("ok", (
        "c-"
        "rgqaB<`1lHy|K;9!7(|4_gq2;mz*#TQN9(dqBu62zq7^NKec8CNg~A!~#IE+z&>1_l8E28Migh!HMOquBTvfKn"
        "{QC8-"
        "6BEGR;`iN)ExtWY6AkPurzVsdtBiX<CUFDC;6)W4_|C&Ni>0w9A~Q&RJaQ^Ob;P~Ao$@c5BkNsf~se$7rT%1h0"
        "8$%qmrNtuboUzr$CV}k^s<FH@@*h!2GjEpJ_3`|Unj4<Pvp)@+5S%iU6P(hvn5<3bE;v5X(^*|OY(6!8596+D2"
        "Ffu^Xj09AV7%NaY*r4eQgB9HMed`Jj3lX5d85tRwvHG1K8YTh^T&xUS{AhlcfchPlDj7B~3^~9XkoXoJ7A%l7z"
        "|6zIC;;>u#Cr}XewKs!8D3PJU>G*wTbNZKdb(gj&l`#ij2=v&ED1~%91t258g7n0!LAG;L7}cdG2{SK<3KflVe"
        "ya%3pcqF&FEp_0F{H$;B>-(2m`RUxw(O&K-CN&2r4-"
        "^fTbD>6VLz!V3?>vD*=X;LnvKTKVEL@=IG(Vz{tl1i$+JNN7R*C=ejw%I59B7yruz-aBeVZjKY)C`|IiN?BNY9"
        ">2ne*Q;UiZqgIG{`FW`f0#G4HC6$<-"
        "n3)Hw5Gt0H+@*mh8|)!5>j1<JK)e7H%Qg%Sun1#hsEA8WIKU682pEx=45MHajDk@x3P!;w7=i$;`OgID`q;yp|"
        "0diFCjXgHyFRdvE8LI+Lq8mTKaSA=0MUK26a"
    )),
    "dense.h5": ("ok", (
        "c-rgqaB<`1lHy_j0S*oZ76t(ZWbhvfeu$&;Ve$!3nh{EOK<O1sFmYC}oCH){0BXJhGlZW36%Pq=bp@&Zj|O1&Y!H"
        "Lc91NpiBmxgt#{du=0p-Ke(+MV2b-DQ|sX6iGshQ~+CB;bT(t%8SVd=F)7&X1}FnB=IH!p(-FjYeAP0r6t%S;D}O"
        "ENNobqc`Uz=4uaQbA@iBl3>Bv%e1`15^W=IuNK<O3q0vE{@Mj%uQ9YQcwy`Ei6sVE6GgEQPNRRg4hcbuU5)QtV}H"
        "`1~Q}3wYa3_6{n)9F3rm<0Vy`Dt&Od%1=<4(P8KL_tY>J193Bb$qiJyzjDk@x3P!;w7zLwX6pVsVFbYP&C?FRI!p"
        "0e(eAxIIVw`~wJkF4vT9jBEUk2>rXXfV-G0wn(G|s>T7H32mkAvAOAp+rBK*!l2<8cf)$Kyu9$Oh=+aj<dO2r*Q3"
        "uyhzeC3}PY{9QmP7-ruGVN`q2)A1<44gg~WdJq"
    )),
    "lambda.h5": ("unsafe", (
        "c-rllF;Buk6vwZCNkc?25Jab@voTQ@<D?O^0}&z)B*xSe4rnZ`(xM@xJAM;KKZYO2(G7dOJLxr=5aY)CEsyv5u7A"
        "?}JM{lzRL*kQ?JT0GD$1ZdiZkPUZpyv5e#@)E>y+2ml$ftX*UEgJ=l9prtnc&r)n&Cxw`U22&RdC96#>hLQ9WtU+"
        "Ty+N(|bzZ8@L@}o6p4R^?fhq%i}-l3cpSZvR_w`!Tp^>#n6>Zx9vJzt4HTsiV~g7fBy$ndQV35p6U6!bADQ{DTp6"
        "P>`^9q+s2+}I(R_zBTa9T#}RRS3)}jRrZe4eKGAJFCPOd$d7V5`!-KmHPONuFPTRL!$MnY!(U#4&g5V|yLS6BAGr"
        "S(`?(N5)Ph%at2><{9000000001svLSK?-i!Qfo-?dPIm0~}V$XaEKk>tl_62f=Oe|+eMRP^U<AiRx$ofN`v#~r5"
        "{hG%C%S|$m6S-`wB<~3yHvUPsc~P%W2MfKAf~=GDG4L~A1~Py;"
    )),
    "lambda-latest.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|4?vI5W+Wrim!6Hf6d>+C5VZkLO_6lVY2{4I1wt%#l*nKzyOk&4%KJ{mEo~tU|?q8We{"
        "OtVPMG3Pf5**PtMOv%S>mGWMpIj83V$MV6_|!OhB>}h&MxZgT+}OZ1b-#{oI}XeZXP@Nb*oUAW*H8oRe5w9G{n%o"
        "2q1`pcI^1Selwwl9`yJq@$n&u^1>`t(22knOal~WJaTF@kz{0N=Zaho>rQdT#}ie7hh6Y09KU)QB_+TTU!gXmkDY"
        "=)Ts={dWJ>}NFacpVHAvlQ7{Td!6+C7qhJ(_f>AIEM!_f;1w;aWXAf^CA>@Gy7~ru7jWh5;#u>6xixP|D%YZ$6V4"
        "of5Km!ZXKm&*$?;AQDI>v$B4#+46Lj>*ocXa28H6TBV3V~dQZa<p@$OF8PQIzu3%=C<sViD+g%l?VR`v6f&jNS"
    )),
    "numbers-outside.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|1iJ^;Tu53%U7~K@b_>DVq&OZ5<*c31zb!FKrL)M3_yypVl&J<4+g4%%%3tfU?%`AU=("
        "3sU}9usWP!@TXl5P;Mgazp8$f`AffeW~W-fLOpboGoBg1~E$2ibThnc_u^c^!J%vUf`h8~7N1&WV!obhmV3;?kep"
        "ke}0`aUD7TK&|LWc><Qm>|>v02h}uA^"
    )),
    "part-of-itself.h5": ("ok", (
        "c-rgqaB<`1lHy|K;9!7(|4^VH0pS}!#h+x~WB2!P31U)s@{~6l8CNg~A!~#IE+z&>1_m}B1|Y?lau{k1lwWq"
        "95h`H8KsI38Vpafl63{?K5e5b(Mn*;!s2q%D7GYo%RIq1&c+i2tgqy+SKQjXZE6{b!TpU1`voJy>85Cd!Z(t"
        "a5;NM$`b>Og2M2{Xa!-kuK52%t^0U9>o=-R?CB*CrO6Xr9Ff>AIEM!_gR2OsQl(eBRvKH!310I3oH0&|#Fn1"
        "CKb3Ij6|9|V{{H4I3Mi4m%n5m@uM^X>i#SF(bCH1tQoC>RB!U=)mkQ7{Td!6+C7qhJ(_f`JAAkj6}$"
    )),
    "part-of-another.h5": ("unsafe", (
        "c-rgqaB<`1lHy|K;9!7(|4^VH0pS}!#h+x~WB2!P31U)s@{~6l8CNg~A!~#IE+z&>1_m}B1|Y?lau{k1lwWq"
        "95h`H8KsI38Vpafl63{?K5e5b(Mn*;!s2q%D7GYo%RIq1&c+i2tgqy+SKQjXZE6{b!TpU1`voJy>85Cd!Z(t"
        "a5;NM$`b>Og2M2{Xs*uWy0gP5@4=HLT{4YLANF*v%mFbqi$HK$OSVHAvlQ7{Td0Xq0#kBfG9_V)o7`~pao01"
        "#xtv@$_yJ%$tpW+VkLIj|TLBUCdZuvXSjElJj|(919-sDlNn<Kg9JGtgXIz&{#mqhJ(_f>AIEM!_f;1*2dTj"
        "Dk@x3Pu670044^PzC"
    )),
}  # fmt: skip


def hdf5_files() -> Samples:
    """Verdict and content by the name of the file."""
    found = {
        name: (verdict, zlib.decompress(base64.b85decode(packed)))
        for name, (verdict, packed) in _PACKED.items()
    }
    dense = found["dense.h5"][1]
    return found | {
        "cut.h5": ("broken", dense[:-1]),
        "cut-early.h5": ("broken", dense[:100]),
        "version-9.h5": ("broken", dense[:8] + b"\x09" + dense[9:]),
    }
